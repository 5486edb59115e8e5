using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Wait-WgHandshake: comes back when peers have shaken hands.</summary>
// The default set is tried first: with the other one a WgPeer would bind by its property names.
[Cmdlet(VerbsLifecycle.Wait, "WgHandshake", DefaultParameterSetName = ByPeer)]
[OutputType(typeof(WgPeer))]
public sealed class WaitWgHandshakeCommand : TunnelCommand
{
    private const string ByPeer = "ByPeer";
    private const string ByKey = "ByKey";

    // By tunnel; of each the keys that were asked for, null: all its peers.
    private readonly Dictionary<Target, HashSet<string>?> _wanted = [];

    [Parameter(Mandatory = true, ParameterSetName = ByPeer, ValueFromPipeline = true)]
    [Rehydration]
    [ValidateNotNull]
    public WgPeer? InputObject { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ByKey, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Tunnel { get; set; } = [];

    /// <summary>Public keys or friendly names; all peers unless given.</summary>
    [Parameter(ParameterSetName = ByKey, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string[]? PublicKey { get; set; }

    /// <summary>Handshakes that are yet to come; else a session to speak of is enough.</summary>
    [Parameter]
    public SwitchParameter New { get; set; }

    /// <summary>How long to wait for all of them.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    // Peers of the pipeline are waited for together.
    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(InputObject is null ? Tunnel : [InputObject.Tunnel]))
        {
            IEnumerable<string>? keys = InputObject is null ? PublicKey : [InputObject.PublicKey];
            if (keys is null)
                _wanted[target] = null;
            else if (!_wanted.TryGetValue(target, out var known))
                _wanted[target] = [.. keys];
            else
                known?.UnionWith(keys);
        }
    }

    protected override void EndProcessing() => Await("Waiting for handshakes", async (pump, cancellation) =>
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(Timeout);
        await Task.WhenAll(_wanted.Select(wanted => WaitAsync(wanted.Key, wanted.Value, pump, end.Token))).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return true;
    });

    private async Task WaitAsync(Target target, HashSet<string>? keys, PipelinePump pump, CancellationToken end)
    {
        var wait = new HandshakeWait(Tunnels, target.Name);
        try
        {
            var peers = await wait.RunAsync(tunnel => Choose(tunnel, keys, target, pump), New, end).ConfigureAwait(false);
            if (PassThru)
                pump.Post(() => Emit(target.Name, peers));
        }
        catch (WgException e)
        {
            pump.Post(() => Report(e, target));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            foreach (var peer in wait.Awaited)
                pump.Post(() => WriteError(InVain(target.Name, peer), peer.PublicKey));
        }
    }

    private WgException InVain(string tunnel, PeerInfo peer) => new(
        ErrorIds.HandshakeTimeout,
        $"The peer {PeerChoice.NameOf(peer)} of tunnel '{tunnel}' has not shaken hands within {Timeout.TotalSeconds:0.###} s.");

    private void Emit(string tunnel, IReadOnlyList<PeerInfo> peers)
    {
        foreach (var peer in peers)
            WriteObject(peer.ToPeer(tunnel, DateTimeOffset.UtcNow));
    }

    private List<PeerInfo> Choose(TunnelInfo tunnel, HashSet<string>? keys, Target target, PipelinePump pump)
    {
        if (keys is null)
        {
            if (tunnel.Peers.Count == 0 && !target.FromWildcard)
                throw new WgException(ErrorIds.PeerNotFound, $"Tunnel '{target.Name}' has no peers.") { Advice = $"Add one: Add-WgPeer {target.Name}, or in its file and Sync-WgConfig {target.Name}." };
            return [.. tunnel.Peers];
        }

        var chosen = new List<PeerInfo>();
        foreach (var key in keys)
        {
            try
            {
                chosen.Add(PeerChoice.Find(tunnel, key));
            }
            catch (WgException e)
            {
                if (!target.FromWildcard || e.ErrorId != ErrorIds.PeerNotFound)
                    pump.Post(() => WriteError(e, key));
            }
        }

        return [.. chosen.Distinct()];
    }
}
