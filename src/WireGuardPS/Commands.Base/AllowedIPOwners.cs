using WireGuard.Api;

namespace WireGuard.Commands;

/// <summary>
/// Which peer of one tunnel has which prefix. Read once a cmdlet and kept up by the engine's answers: many peers in the
/// pipeline must not mean as many lists of all peers.
/// </summary>
internal sealed class AllowedIPOwners
{
    private readonly Dictionary<string, PeerInfo> _byPrefix = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PeerInfo> _byKey = new(StringComparer.Ordinal);

    internal AllowedIPOwners(IEnumerable<PeerInfo> peers)
    {
        foreach (var peer in peers)
            Update(peer);
    }

    /// <summary>Takes over how a peer is after a change.</summary>
    /// <returns>The prefixes that were other peers' before, each with the one that it was taken from.</returns>
    internal IReadOnlyList<(string Prefix, PeerInfo From)> Update(PeerInfo peer)
    {
        if (_byKey.TryGetValue(peer.PublicKey, out var before))
        {
            foreach (var prefix in before.AllowedIPs)
            {
                if (_byPrefix.TryGetValue(prefix, out var owner) && owner.PublicKey == peer.PublicKey)
                    _byPrefix.Remove(prefix);
            }
        }

        var taken = new List<(string, PeerInfo)>();
        _byKey[peer.PublicKey] = peer;
        foreach (var prefix in peer.AllowedIPs)
        {
            if (_byPrefix.TryGetValue(prefix, out var owner) && owner.PublicKey != peer.PublicKey)
                taken.Add((prefix, owner));
            _byPrefix[prefix] = peer;
        }

        return taken;
    }
}
