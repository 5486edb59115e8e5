using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// The change that takes a change of one peer back, when the host refused what follows from it (a route): the client is
/// told of an error, and then nothing may be half done.
/// </summary>
internal static class PeerRollback
{
    /// <param name="before">The device before the change.</param>
    /// <param name="applied">The change of one peer that was applied to it.</param>
    internal static DeviceChange Create(DeviceSnapshot before, PeerChange applied)
    {
        var peer = before.Peers.FirstOrDefault(p => p.PublicKey == applied.PublicKey);
        List<PeerChange> changes = [peer is null ? new PeerChange { PublicKey = applied.PublicKey, Mode = PeerChangeMode.Remove } : Restore(peer, applied.Mode)];

        // Prefixes that were taken from other peers go back to them.
        var taken = applied.AllowedIPs.Where(a => !a.Remove).Select(a => a.Prefix).ToHashSet();
        foreach (var other in before.Peers.Where(p => p.PublicKey != applied.PublicKey))
        {
            var lost = other.AllowedIPs.Where(taken.Contains).Select(prefix => new AllowedIPChange(prefix)).ToList();
            if (lost.Count > 0)
                changes.Add(new PeerChange { PublicKey = other.PublicKey, Mode = PeerChangeMode.UpdateIfPresent, AllowedIPs = lost });
        }

        return new DeviceChange { Peers = changes };
    }

    // A peer that somebody else removed meanwhile stays away; one that this change removed comes back, without its session.
    private static PeerChange Restore(PeerSnapshot peer, PeerChangeMode applied) => new()
    {
        PublicKey = peer.PublicKey,
        Mode = applied is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting ? PeerChangeMode.AddOrUpdate : PeerChangeMode.UpdateIfPresent,
        Name = peer.Name ?? "",
        PresharedKey = peer.PresharedKey?.Clone() ?? new SecretKey(new byte[SecretKey.Size]),
        Endpoint = peer.Endpoint,
        ForgetEndpoint = peer.Endpoint is null,
        PersistentKeepalive = peer.PersistentKeepalive,
        ReplaceAllowedIPs = true,
        AllowedIPs = [.. peer.AllowedIPs.Select(prefix => new AllowedIPChange(prefix))],
    };
}
