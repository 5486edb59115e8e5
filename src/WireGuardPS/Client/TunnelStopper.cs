using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Ends a tunnel and waits until its engine is gone.</summary>
internal static class TunnelStopper
{
    internal static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>What the tunnel was, just before it ended. The connection is used up afterwards.</summary>
    /// <param name="client">Connected to the tunnel's engine.</param>
    /// <param name="socketPath">Nobody listens there any more when this returns.</param>
    /// <exception cref="WgException">EngineTimeout when it is still there after <paramref name="timeout"/>; whatever else a request may bring.</exception>
    internal static async Task<TunnelInfo> StopAsync(EngineClient client, string socketPath, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            var last = await client.GetTunnelAsync(false, deadline.Token).ConfigureAwait(false);
            await client.StopAsync(deadline.Token).ConfigureAwait(false);
            await client.WaitForCloseAsync(deadline.Token).ConfigureAwait(false);
            while (PeerCredentials.IsRunning(client.EngineProcessId)
                || await ControlSocket.IsListeningAsync(socketPath, deadline.Token).ConfigureAwait(false))
            {
                await Task.Delay(Poll, deadline.Token).ConfigureAwait(false);
            }

            return last;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.EngineTimeout, $"The engine of tunnel '{client.Tunnel}' had not ended after {timeout.TotalSeconds:0.###} s.", e);
        }
    }
}
