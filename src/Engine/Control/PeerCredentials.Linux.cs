using System.Net.Sockets;
using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Control;

public readonly partial record struct PeerCredentials
{
    private const int SocketLevel = 1;  // SOL_SOCKET
    private const int PeerCredential = 17; // SO_PEERCRED

    /// <summary>Root and the user that the engine itself runs as.</summary>
    public static AccessPolicy RootAndSelf() => new([0, EffectiveUser.Id], []);

    /// <exception cref="SocketException">The socket is no connected AF_UNIX socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        // struct ucred: pid, uid, gid, four bytes each.
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SocketLevel, PeerCredential, credentials) != credentials.Length)
            throw new SocketException((int)SocketError.OperationNotSupported);
        return new PeerCredentials(
            MemoryMarshal.Read<int>(credentials),
            MemoryMarshal.Read<uint>(credentials[4..]),
            MemoryMarshal.Read<uint>(credentials[8..]));
    }
}
