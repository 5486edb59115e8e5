using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>The socket that wg(8) asks a userspace tunnel by.</summary>
internal static class UapiSocket
{
    /// <summary>
    /// Whether somebody listens. Asked here before wg(8) is: it deletes a socket that is bound and does not listen yet,
    /// and wireguard-go then ends.
    /// </summary>
    public static bool IsAnswered(string tunnel)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint($"/var/run/wireguard/{tunnel}.sock"));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
