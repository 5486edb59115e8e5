using WireGuard.Api;

namespace WireGuard.Client;

/// <summary>Which peers of one tunnel have a session to speak of, told by their handshakes. One caller at a time.</summary>
internal sealed class PeerPresence
{
    private readonly Dictionary<string, Seen> _online = new(StringComparer.Ordinal);

    private readonly record struct Seen(DateTimeOffset Handshake, string? Name);

    /// <summary>When the next one goes offline, unless it shakes hands before.</summary>
    internal DateTimeOffset? NextEnd => _online.Count == 0 ? null : _online.Values.Min(seen => seen.Handshake) + WgPeer.StaleAfter;

    /// <summary>How it is now; nobody has come or gone by that who was known so already.</summary>
    /// <returns>Those that have come online since they were last looked at.</returns>
    internal IReadOnlyList<PeerInfo> Look(IReadOnlyList<PeerInfo> peers, DateTimeOffset now) =>
        [.. peers.Where(peer => peer.LastHandshake is { } last && now - last <= WgPeer.StaleAfter && Shook(peer.PublicKey, peer.Name, last))];

    /// <summary>True: it was not online.</summary>
    internal bool Shook(string publicKey, string? name, DateTimeOffset at)
    {
        var isNew = !_online.ContainsKey(publicKey);
        _online[publicKey] = new Seen(at, name);
        return isNew;
    }

    internal void Forget(string publicKey) => _online.Remove(publicKey);

    /// <summary>Those that have gone offline, each with when it did.</summary>
    internal IReadOnlyList<(string PublicKey, string? Name, DateTimeOffset At)> TakeEnded(DateTimeOffset now)
    {
        var ended = _online.Where(seen => now - seen.Value.Handshake > WgPeer.StaleAfter)
            .OrderBy(seen => seen.Value.Handshake)
            .Select(seen => (seen.Key, seen.Value.Name, seen.Value.Handshake + WgPeer.StaleAfter)).ToList();
        foreach (var (key, _, _) in ended)
            _online.Remove(key);
        return ended;
    }
}
