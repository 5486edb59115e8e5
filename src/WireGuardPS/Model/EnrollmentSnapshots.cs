using WireGuard.Api;
using WireGuard.Binding;

namespace WireGuard;

/// <summary>Makes the public snapshots of enrollments from what the engine tells.</summary>
internal static class EnrollmentSnapshots
{
    // Of the enrollment protocol, section 7.2; the answer that tells of a new window does not repeat it.
    private const int WrongGuesses = 3;

    internal static WgEnrollment ToModel(this EnrollmentStatus info, string tunnel) => new()
    {
        Tunnel = tunnel,
        PublicKey = info.PublicKey,
        Fingerprint = info.Fingerprint,
        Endpoint = info.Endpoint,
        Window = info.Window?.ToModel(tunnel),
        Waiting = [.. info.Waiting.Select(w => w.ToModel(tunnel))],
        Pools = [.. info.Pools.Select(p => p.ToModel(tunnel))],
        Peers = [.. info.Peers.Select(p => p.ToModel(tunnel))],
        Invites = [.. info.Invites.Select(i => i.ToModel(tunnel))],
        Reservations = [.. info.Reservations.Select(r => r.ToModel(tunnel))],
    };

    internal static WgReservation ToModel(this EnrollmentReservationInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        PeerName = info.PeerName,
        PublicKey = info.PublicKey,
        Addresses = [.. info.Addresses],
        HeldBy = info.HeldBy,
    };

    /// <summary>A window that has just been opened.</summary>
    internal static WgEnrollmentWindow ToModel(this EnrollmentOpened info, string tunnel, EnrollmentOpenRequest asked) => new()
    {
        Tunnel = tunnel,
        Code = SecretText.ToSecureString(info.Code.Span),
        ClosesAt = info.ClosesAt,
        Remaining = TimeSpan.FromSeconds(info.Seconds),
        GuessesLeft = WrongGuesses,
        MaxPeers = asked.MaxPeers,
        Approve = asked.Approve,
    };

    internal static WgWaitingPeer ToModel(this WaitingPeerInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        Name = info.Name,
        PublicKey = info.PublicKey,
        Fingerprint = info.Fingerprint,
        Endpoint = info.Endpoint,
    };

    internal static WgEnrolledPeer ToModel(this EnrolledPeerInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        Name = info.Name,
        PublicKey = info.PublicKey,
        Addresses = [.. info.Addresses],
        JoinedAt = info.JoinedAt,
        LeaseEnds = info.LeaseEnds,
        InviteId = info.InviteId,
    };

    internal static WgInvite ToModel(this EnrollmentInviteInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        Id = info.Id,
        PeerName = info.PeerName,
        UsesLeft = info.UsesLeft,
        MaxUses = info.MaxUses,
        Expires = info.Expires,
    };

    internal static WgInvite ToModel(this EnrollmentInvite info, string tunnel) => new()
    {
        Tunnel = tunnel,
        Id = info.Id,
        PeerName = info.PeerName,
        Link = SecretText.ToSecureString(info.Link.Span),
        UsesLeft = info.MaxUses,
        MaxUses = info.MaxUses,
        Expires = info.Expires,
    };

    private static WgEnrollmentWindow ToModel(this EnrollmentWindowInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        ClosesAt = info.ClosesAt,
        Remaining = TimeSpan.FromSeconds(info.RemainingSeconds),
        GuessesLeft = info.GuessesLeft,
        MaxPeers = info.MaxPeers,
        Approve = info.Approve,
        Joined = [.. info.Joined.Select(p => p.ToModel(tunnel).ToString())],
    };

    private static WgEnrollmentPool ToModel(this EnrollmentPoolInfo info, string tunnel) => new()
    {
        Tunnel = tunnel,
        Prefix = info.Prefix,
        Server = info.Server,
        Taken = info.Taken,
        Free = info.Free,
    };
}
