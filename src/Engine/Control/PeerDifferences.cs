using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>What a change makes of a peer, told as tunnel.sync tells it, and foreseen without it.</summary>
internal static class PeerDifferences
{
    /// <param name="before">Null: it was not there.</param>
    /// <param name="after">Null: it is gone.</param>
    /// <param name="endpoint">How the endpoint of after was written; null: as it is.</param>
    internal static IEnumerable<TunnelDifference> Between(PeerSnapshot? before, PeerSnapshot? after, string? endpoint = null)
    {
        if ((after ?? before) is not { } peer)
            yield break;
        var of = new TunnelDifference(TunnelDifference.Changed, "Peer") { Peer = peer.PublicKey.ToString(), PeerName = peer.Name };
        if (after is null)
            yield return of with { Kind = TunnelDifference.Removed, From = of.Peer };
        else if (before is null)
            yield return of with { Kind = TunnelDifference.Added, To = of.Peer };
        if (after is not null)
        {
            foreach (var difference in Values(before, after, endpoint, of))
                yield return difference;
        }

        var (had, has) = (before?.AllowedIPs ?? [], after?.AllowedIPs ?? []);
        foreach (var prefix in had.Except(has))
            yield return of with { Kind = TunnelDifference.Removed, Property = "AllowedIP", From = prefix.ToString(), To = null };
        foreach (var prefix in has.Except(had))
            yield return of with { Kind = TunnelDifference.Added, Property = "AllowedIP", From = null, To = prefix.ToString() };
    }

    /// <summary>A prefix that comes to a peer leaves another.</summary>
    internal static IEnumerable<TunnelDifference> Taken(PeerView before, PeerSnapshot? after) =>
        before.Others.Where(other => after?.AllowedIPs.Contains(other.Prefix) == true).Select(other => new TunnelDifference(TunnelDifference.Removed, "AllowedIP")
        {
            Peer = other.Peer.ToString(),
            PeerName = other.PeerName,
            From = other.Prefix.ToString(),
        });

    /// <summary>The peer as the change would leave it, with the change's keys or those of before; null: it would not be there.</summary>
    internal static PeerSnapshot? Foresee(PeerSnapshot? before, PeerChange change)
    {
        if (change.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting)
            return null;
        if (before is null && change.Mode is PeerChangeMode.UpdateIfPresent or PeerChangeMode.UpdateOnly)
            return null;
        return (before ?? new PeerSnapshot { PublicKey = change.PublicKey, AllowedIPs = [] }) with
        {
            Name = change.Name is { } name ? (name.Length == 0 ? null : name) : before?.Name,
            PresharedKey = change.PresharedKey is { } key ? (key.IsZero ? null : key) : before?.PresharedKey,
            Endpoint = change.Endpoint ?? (change.ForgetEndpoint ? null : before?.Endpoint),
            PersistentKeepalive = change.PersistentKeepalive ?? before?.PersistentKeepalive ?? 0,
            AllowedIPs = Prefixes(before, change),
        };
    }

    private static IReadOnlyList<IPNetwork> Prefixes(PeerSnapshot? before, PeerChange change)
    {
        var had = change.ReplaceAllowedIPs ? [] : before?.AllowedIPs ?? [];
        if (change.AllowedIPs.Count == 0)
            return had;
        var has = had.ToHashSet();
        foreach (var (prefix, remove) in change.AllowedIPs)
            _ = remove ? has.Remove(prefix) : has.Add(prefix);
        return [.. had.Where(has.Contains), .. has.Except(had)];
    }

    private static IEnumerable<TunnelDifference> Values(PeerSnapshot? before, PeerSnapshot after, string? endpoint, TunnelDifference of)
    {
        if (after.Name != before?.Name)
            yield return of with { Kind = KindOf(before?.Name, after.Name), Property = "Name", From = before?.Name, To = after.Name };
        if (!Equals(after.PresharedKey, before?.PresharedKey))
            yield return of with { Kind = KindOf(before?.PresharedKey, after.PresharedKey), Property = "PresharedKey", From = null, To = null };
        if (!Equals(after.Endpoint, before?.Endpoint))
            yield return of with { Kind = KindOf(before?.Endpoint, after.Endpoint), Property = "Endpoint", From = before?.Endpoint?.ToString(), To = after.Endpoint is null ? null : endpoint ?? after.Endpoint.ToString() };
        var (had, has) = (Text(before?.PersistentKeepalive ?? 0), Text(after.PersistentKeepalive));
        if (had != has)
            yield return of with { Kind = KindOf(had, has), Property = "PersistentKeepalive", From = had, To = has };
    }

    private static string KindOf(object? before, object? after) =>
        before is null ? TunnelDifference.Added : after is null ? TunnelDifference.Removed : TunnelDifference.Changed;

    private static string? Text(ushort seconds) => seconds == 0 ? null : $"{seconds}";
}
