using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>
/// Follows one tunnel's events until its engine ends. What the engine does not tell, that a peer has come online or gone
/// offline, is made of its handshakes.
/// </summary>
internal sealed class TunnelWatch(TunnelDirectory tunnels, string tunnel, TimeProvider time, Action<WgEvent> tell)
{
    // An engine that ends closes its connections a moment before its socket.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMilliseconds(300);

    // The clocks' resolution and the way of an event through the socket.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly PeerPresence _presence = new();

    /// <param name="missed">Called when the engine has closed the connection and goes on: events may be missing.</param>
    /// <exception cref="WgException">It could not be reached at the beginning, or what it sends is not understood.</exception>
    internal async Task RunAsync(Action missed, CancellationToken cancellation)
    {
        await FollowAsync(isFirst: true, cancellation).ConfigureAwait(false);
        while (true)
        {
            await Task.Delay(EndsWithin, time, cancellation).ConfigureAwait(false);
            try
            {
                await FollowAsync(isFirst: false, cancellation, missed).ConfigureAwait(false);
            }
            catch (WgException e) when (e.ErrorId is ErrorIds.TunnelNotFound or ErrorIds.EngineConnectionLost)
            {
                tell(new WgEvent { Time = time.GetUtcNow(), Tunnel = tunnel, Kind = WgEventKind.TunnelStopped });
                return;
            }
        }
    }

    /// <summary>"endpoint-moved" becomes "EndpointMoved"; null for a kind that this module does not know.</summary>
    internal static string? KindOf(string told) => told switch
    {
        "handshake" => WgEventKind.Handshake,
        "peer-added" => WgEventKind.PeerAdded,
        "peer-removed" => WgEventKind.PeerRemoved,
        "endpoint-moved" => WgEventKind.EndpointMoved,
        "tunnel-up" => WgEventKind.TunnelUp,
        "tunnel-down" => WgEventKind.TunnelDown,
        "error" => WgEventKind.Error,
        EnrollmentEvents.WindowOpened => WgEventKind.WindowOpened,
        EnrollmentEvents.WindowClosed => WgEventKind.WindowClosed,
        EnrollmentEvents.Started => WgEventKind.JoinStarted,
        EnrollmentEvents.WrongGuess => WgEventKind.WrongCode,
        EnrollmentEvents.Waiting => WgEventKind.JoinWaiting,
        EnrollmentEvents.Approved => WgEventKind.JoinApproved,
        EnrollmentEvents.Denied => WgEventKind.JoinDenied,
        EnrollmentEvents.Granted => WgEventKind.Joined,
        EnrollmentEvents.Refused => WgEventKind.JoinRefused,
        EnrollmentEvents.InviteMade => WgEventKind.InviteMade,
        EnrollmentEvents.InviteRevoked => WgEventKind.InviteRevoked,
        EnrollmentEvents.PeerRevoked => WgEventKind.PeerRevoked,
        EnrollmentEvents.LeaseExpired => WgEventKind.LeaseExpired,
        _ => null,
    };

    // Until the engine closes the connection.
    private async Task FollowAsync(bool isFirst, CancellationToken cancellation, Action? missed = null)
    {
        using var events = await tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
        await events.SubscribeAsync(cancellation).ConfigureAwait(false);
        // Asked after the subscription, so that no handshake falls between the two.
        using (var client = await tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false))
        {
            var info = await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false);
            var come = _presence.Look(info.Peers, time.GetUtcNow());
            missed?.Invoke();
            if (!isFirst)
            {
                foreach (var peer in come)
                    TellPresence(WgEventKind.PeerOnline, peer.PublicKey, peer.Name, peer.LastHandshake ?? time.GetUtcNow());
            }
        }

        var next = events.ReadEventAsync(cancellation);
        while (true)
        {
            await Either(next, cancellation).ConfigureAwait(false);
            TellEnded();
            if (!next.IsCompleted)
                continue;
            if (await next.ConfigureAwait(false) is not { } happened)
                return;
            Tell(happened);
            next = events.ReadEventAsync(cancellation);
        }
    }

    // The next event, or the time at which a peer goes offline.
    private async Task Either(Task next, CancellationToken cancellation)
    {
        if (_presence.NextEnd is not { } end)
        {
            await Task.WhenAny(next).ConfigureAwait(false);
            return;
        }

        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var rest = end - time.GetUtcNow() + Slack;
        await Task.WhenAny(next, Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, given.Token)).ConfigureAwait(false);
        await given.CancelAsync().ConfigureAwait(false);
    }

    private void Tell(EngineEvent happened)
    {
        if (KindOf(happened.Kind) is not { } kind)
            return;
        tell(new WgEvent
        {
            Time = happened.Time,
            Tunnel = happened.Tunnel,
            Kind = kind,
            PublicKey = happened.PeerPublicKey,
            PeerName = happened.PeerName,
            Detail = happened.Detail ?? (happened.Endpoint is { } from ? $"from {from}" : null),
            Endpoint = happened.Endpoint,
            InviteId = happened.InviteId,
            GuessesLeft = happened.GuessesLeft,
        });
        if (happened.PeerPublicKey is not { } key)
            return;
        if (kind == WgEventKind.PeerRemoved)
            _presence.Forget(key);
        else if (kind == WgEventKind.Handshake && _presence.Shook(key, happened.PeerName, happened.Time))
            TellPresence(WgEventKind.PeerOnline, key, happened.PeerName, happened.Time);
    }

    private void TellEnded()
    {
        foreach (var (key, name, at) in _presence.TakeEnded(time.GetUtcNow()))
            TellPresence(WgEventKind.PeerOffline, key, name, at);
    }

    private void TellPresence(string kind, string publicKey, string? name, DateTimeOffset at) =>
        tell(new WgEvent { Time = at, Tunnel = tunnel, Kind = kind, PublicKey = publicKey, PeerName = name });
}
