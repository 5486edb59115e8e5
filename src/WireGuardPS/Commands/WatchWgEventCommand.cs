using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Watch-WgEvent: what happens to running tunnels, as it happens, until they end, the time is over or Ctrl-C.</summary>
[Cmdlet(VerbsCommon.Watch, "WgEvent")]
[OutputType(typeof(WgEvent))]
public sealed class WatchWgEventCommand : TunnelCommand
{
    private readonly List<string> _names = [];

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Kinds of events; all unless given.</summary>
    [Parameter]
    [ValidateSet(
        WgEventKind.Handshake, WgEventKind.PeerOnline, WgEventKind.PeerOffline, WgEventKind.PeerAdded, WgEventKind.PeerRemoved,
        WgEventKind.EndpointMoved, WgEventKind.TunnelUp, WgEventKind.TunnelDown, WgEventKind.TunnelStopped, WgEventKind.Error,
        WgEventKind.WindowOpened, WgEventKind.WindowClosed, WgEventKind.JoinStarted, WgEventKind.WrongCode, WgEventKind.JoinWaiting, WgEventKind.JoinApproved, WgEventKind.JoinDenied,
        WgEventKind.Joined, WgEventKind.JoinRefused, WgEventKind.InviteMade, WgEventKind.InviteRevoked, WgEventKind.PeerRevoked, WgEventKind.LeaseExpired)]
    public string[]? Kind { get; set; }

    /// <summary>How long to watch; without end unless given.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan? Timeout { get; set; }

    // Tunnels of the pipeline are watched together.
    protected override void ProcessRecord() => _names.AddRange(Name ?? ["*"]);

    protected override void EndProcessing()
    {
        var targets = Resolve([.. _names]);
        AwaitQuietly(async (pump, cancellation) =>
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (Timeout is { } timeout)
                end.CancelAfter(timeout);
            await Task.WhenAll(targets.Select(target => WatchAsync(target, pump, end.Token))).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return true;
        });
    }

    private async Task WatchAsync(Target target, PipelinePump pump, CancellationToken end)
    {
        try
        {
            var watch = new TunnelWatch(Tunnels, target.Name, TimeProvider.System, happened => pump.Post(() => Emit(happened)));
            await watch.RunAsync(() => pump.Post(() => TellMissed(target.Name)), end).ConfigureAwait(false);
        }
        catch (WgException e)
        {
            pump.Post(() => Report(e, target));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is over, or Ctrl-C, which the pipeline hears of by itself.
        }
    }

    private void TellMissed(string tunnel) =>
        WriteWarning($"The engine of tunnel '{tunnel}' has closed the connection and was asked anew: events may be missing.");

    private void Emit(WgEvent happened)
    {
        if (Kind is null || Kind.Contains(happened.Kind, StringComparer.OrdinalIgnoreCase))
            WriteObject(happened);
    }
}
