using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Waits until peers of one tunnel have shaken hands.</summary>
internal sealed class HandshakeWait(TunnelDirectory tunnels, string tunnel)
{
    private readonly Dictionary<string, PeerInfo> _awaited = new(StringComparer.Ordinal);

    /// <summary>Those that have not shaken hands yet.</summary>
    internal IReadOnlyCollection<PeerInfo> Awaited => _awaited.Values;

    /// <param name="choose">Of all peers those that are waited for.</param>
    /// <param name="isNew">A handshake that is yet to come counts, else a session to speak of is enough.</param>
    /// <returns>The peers that were waited for, as they are then.</returns>
    /// <exception cref="WgException">PeerNotFound: one was removed meanwhile; whatever a connection may bring.</exception>
    internal async Task<IReadOnlyList<PeerInfo>> RunAsync(Func<TunnelInfo, IReadOnlyList<PeerInfo>> choose, bool isNew, CancellationToken cancellation)
    {
        using var events = await tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
        await events.SubscribeAsync(cancellation).ConfigureAwait(false);
        // Asked after the subscription, so that no handshake falls between the two.
        using var client = await tunnels.ConnectAsync(tunnel, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
        var chosen = choose(await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false));
        foreach (var peer in chosen.Where(peer => isNew || !HasSession(peer)))
            _awaited[peer.PublicKey] = peer;
        while (_awaited.Count > 0)
        {
            var happened = await events.ReadEventAsync(cancellation).ConfigureAwait(false)
                ?? throw new WgException(ErrorIds.EngineConnectionLost, $"The engine of tunnel '{tunnel}' closed the connection while handshakes were waited for.");
            var kind = TunnelWatch.KindOf(happened.Kind);
            if (happened.PeerPublicKey is not { } key || !_awaited.ContainsKey(key))
                continue;
            if (kind == WgEventKind.PeerRemoved)
                throw new WgException(ErrorIds.PeerNotFound, $"The peer {WgDisplay.Text(happened.PeerName ?? key)} was removed from tunnel '{tunnel}' while its handshake was waited for.") { Advice = "Wait for the peers that are left." };
            if (kind == WgEventKind.Handshake)
                _awaited.Remove(key);
        }

        var keys = chosen.Select(peer => peer.PublicKey).ToHashSet(StringComparer.Ordinal);
        return [.. (await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false)).Peers.Where(peer => keys.Contains(peer.PublicKey))];
    }

    private static bool HasSession(PeerInfo peer) => Snapshots.Age(peer.LastHandshake, DateTimeOffset.UtcNow) <= WgPeer.StaleAfter;
}
