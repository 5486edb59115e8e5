using System.Net.Sockets;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Connects to a tunnel's AF_UNIX stream socket and tells apart why it cannot.</summary>
internal static class ControlSocket
{
    /// <exception cref="WgException">TunnelNotFound (no file, or nobody listens), EngineAccessDenied, EngineConnectionLost.</exception>
    internal static async Task<Socket> ConnectAsync(string path, string tunnel, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e switch
            {
                SocketException { SocketErrorCode: SocketError.AccessDenied } => new WgException(
                    ErrorIds.EngineAccessDenied, $"The control socket of tunnel '{tunnel}' ({path}) may not be opened by this user.", e),
                SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } => NotFound(tunnel, path, e),
                SocketException when !File.Exists(path) => NotFound(tunnel, path, e),
                SocketException => new WgException(
                    ErrorIds.EngineConnectionLost, $"The control socket of tunnel '{tunnel}' ({path}) cannot be reached: {e.Message}", e),
                ArgumentOutOfRangeException => new WgException(
                    ErrorIds.InvalidTunnelName, $"The path '{path}' is too long for a control socket.", e),
                _ => e,
            };
        }
    }

    /// <summary>Whether somebody listens. False for a missing or stale socket, true for one that may not be opened.</summary>
    internal static async Task<bool> IsListeningAsync(string path, CancellationToken cancellation)
    {
        try
        {
            (await ConnectAsync(path, "", cancellation).ConfigureAwait(false)).Dispose();
            return true;
        }
        catch (WgException e)
        {
            return e.ErrorId == ErrorIds.EngineAccessDenied;
        }
    }

    private static WgException NotFound(string tunnel, string path, Exception inner)
    {
        var left = tunnel.Length > 0 && new TunnelDirectory(Path.GetDirectoryName(path)!).HasLeftovers(tunnel);
        return new WgException(
            ErrorIds.TunnelNotFound,
            $"There is no running tunnel '{tunnel}'.{(left ? $" What its engine has left on this host is still there, a closed kill switch if it had one: Stop-WgTunnel {tunnel} undoes it." : "")}",
            inner);
    }
}
