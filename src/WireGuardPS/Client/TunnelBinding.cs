using System.Net.Sockets;

namespace WireGuard.Client;

/// <summary>Ties a socket to a tunnel's interface: what it sends leaves there, and it hears nothing else.</summary>
internal static partial class TunnelBinding
{
    /// <exception cref="SocketException">There is no such interface in this network namespace.</exception>
    /// <exception cref="PlatformNotSupportedException">Sockets cannot be tied here.</exception>
    internal static void Bind(Socket socket, string tunnel)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        BindLinux(socket, tunnel);
    }
}
