using System.Net.Sockets;
using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting;

/// <summary>The firewall mark of a socket, by which rules of routing know what is to go around a tunnel.</summary>
internal static class SocketMark
{
    /// <returns>False: this user may not.</returns>
    internal static bool TrySet(Socket socket, uint mark)
    {
        try
        {
            socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_MARK, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mark)));
            return true;
        }
        catch (SocketException denied) when (denied.SocketErrorCode == SocketError.AccessDenied)
        {
            return false;
        }
    }
}
