using WireGuard.Api;

namespace WireGuard.Tests.Fake;

/// <summary>Differences between peers as the real engine tells them.</summary>
internal static class FakeChanges
{
    /// <param name="key">The peer that was changed; others have lost prefixes to it at most.</param>
    public static List<TunnelDifference> Between(string key, List<PeerInfo> before, List<PeerInfo> after, bool isOtherKey)
    {
        var (was, isNow) = (before.Find(p => p.PublicKey == key), after.Find(p => p.PublicKey == key));
        var changes = was is null ? [Of(isNow!, TunnelDifference.Added, "Peer", null, key)]
            : isNow is null ? [Of(was, TunnelDifference.Removed, "Peer", key, null)]
            : new List<TunnelDifference>();
        changes.AddRange(isNow is null ? Lost(was!, null) : Values(was, isNow, isOtherKey));
        foreach (var other in before.Where(p => p.PublicKey != key))
            changes.AddRange(Lost(other, after.Find(p => p.PublicKey == other.PublicKey)));
        return changes;
    }

    public static List<TunnelDifference> Values(PeerInfo? was, PeerInfo now, bool isOtherKey)
    {
        var changes = new List<TunnelDifference>();
        Add("Name", was?.Name, now.Name);
        if (isOtherKey)
            changes.Add(Of(now, was?.HasPresharedKey != true ? TunnelDifference.Added : now.HasPresharedKey ? TunnelDifference.Changed : TunnelDifference.Removed, "PresharedKey", null, null));
        Add("Endpoint", was?.Endpoint, now.Endpoint);
        Add("PersistentKeepalive", Seconds(was?.PersistentKeepalive ?? 0), Seconds(now.PersistentKeepalive));
        if (was is not null)
            changes.AddRange(Lost(was, now));
        changes.AddRange(now.AllowedIPs.Except(was?.AllowedIPs ?? []).Select(prefix => Of(now, TunnelDifference.Added, "AllowedIP", null, prefix)));
        return changes;

        void Add(string property, string? from, string? to)
        {
            if (from != to)
                changes.Add(Of(now, from is null ? TunnelDifference.Added : to is null ? TunnelDifference.Removed : TunnelDifference.Changed, property, from, to));
        }
    }

    private static string? Seconds(int keepalive) => keepalive == 0 ? null : $"{keepalive}";

    private static IEnumerable<TunnelDifference> Lost(PeerInfo was, PeerInfo? now) =>
        was.AllowedIPs.Except(now?.AllowedIPs ?? []).Select(prefix => Of(was, TunnelDifference.Removed, "AllowedIP", prefix, null));

    private static TunnelDifference Of(PeerInfo peer, string kind, string property, string? from, string? to) =>
        new(kind, property) { Peer = peer.PublicKey, PeerName = peer.Name, From = from, To = to };
}
