using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that speaks to engines. Connections are kept until the pipeline ends.</summary>
public abstract class EngineCommand : CancellableCommand
{
    private readonly Dictionary<string, EngineClient> _clients = new(StringComparer.Ordinal);

    private protected TunnelDirectory Tunnels { get; } = TunnelDirectory.Current;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var client in _clients.Values)
                client.Dispose();
            _clients.Clear();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// Asks one tunnel's engine. A connection that fails is given up, so that the next record begins anew.
    /// </summary>
    private protected T Ask<T>(string tunnel, string activity, Func<EngineClient, CancellationToken, Task<T>> question) =>
        Await(activity, async cancellation =>
        {
            if (!_clients.TryGetValue(tunnel, out var client))
            {
                client = await Tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
                client.WaitsForAMoment = true;
                _clients[tunnel] = client;
            }

            try
            {
                return await question(client, cancellation).ConfigureAwait(false);
            }
            catch when (client.IsBroken)
            {
                _clients.Remove(tunnel);
                client.Dispose();
                throw;
            }
        }, startsHere: _clients.ContainsKey(tunnel));

    private protected bool IsRunning(string tunnel) =>
        Await($"Looking for tunnel '{tunnel}'", cancellation => ControlSocket.IsListeningAsync(Tunnels.SocketPath(tunnel), cancellation));

    /// <summary>The tunnel's engine has ended: who is asked next is another.</summary>
    private protected void Forget(string tunnel)
    {
        if (_clients.Remove(tunnel, out var client))
            client.Dispose();
    }

    /// <summary>The engine's executable; ends the cmdlet when there is none.</summary>
    private protected string FindEngine()
    {
        try
        {
            return EngineLocator.Find();
        }
        catch (WgException e)
        {
            ThrowError(e, Environment.GetEnvironmentVariable(EngineLocator.Variable));
            throw;
        }
    }
}
