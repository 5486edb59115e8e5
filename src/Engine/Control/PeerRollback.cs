using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// The change that takes a change of one peer back, when the host refused what follows from it (a route): the client is
/// told of an error, and then nothing may be half done.
/// </summary>
internal static class PeerRollback
{
    /// <param name="before">The peer before the change, and whose the change's prefixes were.</param>
    /// <param name="applied">The change of one peer that was applied to it.</param>
    internal static DeviceChange Create(PeerView before, PeerChange applied)
    {
        List<PeerChange> changes = [before.Peer is { } peer ? Restore(peer, applied) : new PeerChange { PublicKey = applied.PublicKey, Mode = PeerChangeMode.Remove }];

        // Prefixes that were taken from other peers go back to them.
        var taken = applied.AllowedIPs.Where(a => !a.Remove).Select(a => a.Prefix).ToHashSet();
        foreach (var lost in before.Others.Where(other => taken.Contains(other.Prefix)).GroupBy(other => other.Peer, other => new AllowedIPChange(other.Prefix)))
            changes.Add(new PeerChange { PublicKey = lost.Key, Mode = PeerChangeMode.UpdateIfPresent, AllowedIPs = [.. lost] });
        return new DeviceChange { Peers = changes };
    }

    /// <summary>The endpoint, and how it was written, is another by that change.</summary>
    internal static bool TouchesEndpoint(PeerChange applied) => applied.Endpoint is not null || applied.ForgetEndpoint || Removes(applied);

    private static bool Removes(PeerChange applied) => applied.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting;

    // Where it roamed to meanwhile is where it is.
    // A peer that somebody else removed meanwhile stays away; one that this change removed comes back, without its session.
    private static PeerChange Restore(PeerSnapshot peer, PeerChange applied) => new()
    {
        PublicKey = peer.PublicKey,
        Mode = Removes(applied) ? PeerChangeMode.AddOrUpdate : PeerChangeMode.UpdateIfPresent,
        Name = peer.Name ?? "",
        PresharedKey = peer.PresharedKey?.Clone() ?? new SecretKey(new byte[SecretKey.Size]),
        Endpoint = TouchesEndpoint(applied) ? peer.Endpoint : null,
        ForgetEndpoint = TouchesEndpoint(applied) && peer.Endpoint is null,
        PersistentKeepalive = peer.PersistentKeepalive,
        ReplaceAllowedIPs = true,
        AllowedIPs = [.. peer.AllowedIPs.Select(prefix => new AllowedIPChange(prefix))],
    };
}
