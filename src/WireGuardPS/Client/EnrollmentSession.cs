using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>
/// One window from its opening to its end. Whoever is asked to end before it has closes it, so that nobody can join whom
/// nobody would see.
/// </summary>
/// <param name="asking">Stays usable: what is asked through it is never cancelled.</param>
/// <param name="listening">Used up.</param>
internal sealed class EnrollmentSession(EngineClient asking, EngineClient listening)
{
    // For the news of the end to come, and for a clock that runs a little faster than the engine's.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private Task<EnrollmentOpened>? _opening;
    private volatile bool _isOver;

    /// <param name="opened">Takes over the answer, whose code it zeroes.</param>
    /// <param name="happened">Each event from then on; for who was let in by a code, the peer as well.</param>
    /// <returns>Why it closed: the detail of <see cref="EnrollmentEvents.WindowClosed"/>.</returns>
    /// <exception cref="WgException">NotServed, WindowOpen, InvalidValue; or the connection's failure.</exception>
    internal async Task<string> RunAsync(
        EnrollmentOpenRequest request, Action<EnrollmentOpened> opened, Action<EngineEvent, EnrolledPeerInfo?> happened, CancellationToken cancellation)
    {
        // Before it opens: nothing that happens in it is missed.
        await listening.SubscribeAsync(cancellation).ConfigureAwait(false);
        // Should this process be killed, nobody would see who joins.
        _opening = asking.OpenEnrollmentAsync(request with { ClosesWithConnection = true }, CancellationToken.None);
        var window = await _opening.ConfigureAwait(false);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(window.Seconds) + Grace);
        opened(window);
        try
        {
            return await FollowAsync(happened, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.EngineTimeout, $"The engine of tunnel '{asking.Tunnel}' did not say in time that the window has closed.", e);
        }
    }

    /// <summary>Closes the window if it is open, or about to be.</summary>
    internal async Task CloseAsync()
    {
        if (_opening is null || _isOver)
            return;
        try
        {
            await _opening.ConfigureAwait(false);
            await asking.CloseEnrollmentAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (WgException)
        {
            // It was never opened, or the engine is gone and the window with it.
        }
    }

    private async Task<string> FollowAsync(Action<EngineEvent, EnrolledPeerInfo?> happened, CancellationToken cancellation)
    {
        var isOurs = false;
        while (await listening.ReadEventAsync(cancellation).ConfigureAwait(false) is { } news)
        {
            // The end of a window before ours may come after our question.
            isOurs |= news.Kind == EnrollmentEvents.WindowOpened;
            if (!isOurs)
                continue;
            var peer = news is { Kind: EnrollmentEvents.Granted, InviteId: null, PeerPublicKey: { } key } ? await FindAsync(key, news).ConfigureAwait(false) : null;
            happened(news, peer);
            if (news.Kind != EnrollmentEvents.WindowClosed)
                continue;
            _isOver = true;
            return news.Detail ?? "";
        }

        throw new WgException(ErrorIds.EngineConnectionLost, $"The engine of tunnel '{asking.Tunnel}' closed the connection before its window had closed.");
    }

    // The event does not tell of the lease; and who was revoked meanwhile has joined all the same.
    private async Task<EnrolledPeerInfo> FindAsync(string publicKey, EngineEvent news)
    {
        var status = await asking.GetEnrollmentAsync(CancellationToken.None).ConfigureAwait(false);
        return status.Peers.FirstOrDefault(p => p.PublicKey == publicKey) ?? new EnrolledPeerInfo
        {
            PublicKey = publicKey,
            Name = news.PeerName,
            Addresses = news.Detail?.Split(", ") ?? [],
            JoinedAt = news.Time,
        };
    }
}
