using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Enrollment;

/// <summary>A peer that was let in. The state owns the key.</summary>
internal sealed record EnrolledPeer(PublicKey Key, SecretKey PresharedKey, string? Name, IReadOnlyList<PrefixedAddress> Addresses, DateTimeOffset At)
{
    /// <summary>Null: until it is revoked.</summary>
    internal DateTimeOffset? LeaseEnds { get; init; }

    /// <summary>Null: by code.</summary>
    internal ulong? InviteId { get; init; }
}

/// <summary>An invitation that was handed out. The state owns the secret.</summary>
internal sealed record Invite(ulong Id, Credential Credential, byte[] Secret, string? PeerName, DateTimeOffset Expires, int MaxUses)
{
    /// <summary>The keys that came in by it.</summary>
    internal HashSet<PublicKey> UsedBy { get; } = [];

    internal bool IsUsable(DateTimeOffset now) => now < Expires && UsedBy.Count < MaxUses;
}

/// <summary>One step of the state; those of one enrollment are kept or lost together.</summary>
internal abstract record StateChange;

internal sealed record ServerKeySet(SecretKey Key) : StateChange;

internal sealed record PeerSet(EnrolledPeer Peer) : StateChange;

internal sealed record PeerRemoved(PublicKey Key) : StateChange;

internal sealed record InviteMade(ulong Id, byte[] Secret, string? PeerName, DateTimeOffset Expires, int MaxUses) : StateChange;

internal sealed record InviteUsed(ulong Id, PublicKey By) : StateChange;

internal sealed record InviteRemoved(ulong Id) : StateChange;

/// <summary>Whom an address is kept for: one key, or who comes by this name; neither: nobody.</summary>
internal readonly record struct ReservationOwner(PublicKey? Key, string? Name);

internal sealed record AddressReserved(IPAddress Address, ReservationOwner For) : StateChange;

internal sealed record AddressUnreserved(IPAddress Address) : StateChange;
