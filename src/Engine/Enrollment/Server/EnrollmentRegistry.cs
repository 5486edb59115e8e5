using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>What came of letting a peer in: the peer, or why not.</summary>
internal readonly record struct EnrollmentOutcome(EnrolledPeer? Peer, GrantRefusal Refusal)
{
    /// <summary>Its lease goes on as it was: an invitation that is used up repeats its answer, and does nothing more.</summary>
    internal bool IsRepeated { get; init; }
}

/// <summary>
/// Who is in, by which invitation, with which addresses: the state together with the pool that it takes from. Every change is
/// on disk before a method returns. One thread at a time.
/// </summary>
internal sealed partial class EnrollmentRegistry
{
    internal const int MaxInvites = 256;
    internal const int MaxUses = 10_000;

    private const int LeasesAtOnce = 10_000;
    private const int PeersAtOnce = 1000;

    private readonly IStateJournal _journal;
    private readonly AddressPool _pool;
    private readonly RandomFill _random;

    internal EnrollmentRegistry(IStateJournal journal, AddressPool pool, RandomFill? random = null)
    {
        _journal = journal;
        _pool = pool;
        _random = random ?? SecureRandom.Fill;
        // Those of a pool of before are nobody's here: their peers get new ones when they join again.
        foreach (var address in State.Reservations.Keys)
            _ = pool.TryClaim(address);
        foreach (var peer in State.Peers.Values)
            foreach (var (address, _) in peer.Addresses)
                _ = pool.TryClaim(address);
    }

    internal EnrollmentState State => _journal.State;

    internal AddressPool Pool => _pool;

    /// <summary>What those have who have not joined, without this key.</summary>
    internal Func<PublicKey, IReadOnlyList<IPNetwork>> OthersBut { get; init; } = _ => [];

    /// <summary>Those whose end could not be stored yet; nothing lets them in meanwhile.</summary>
    internal HashSet<PublicKey> Leaving { get; } = [];

    /// <summary>Whether anybody may come with an invitation, if only to hear that it is used up.</summary>
    internal bool HasInvite(DateTimeOffset now)
    {
        foreach (var invite in State.Invites.Values)
        {
            if (now < invite.Expires)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The invitation whose tag a ClientShare bears. One that is used up still serves those who came in by it: their last
    /// answer may have been lost.
    /// </summary>
    internal Invite? FindInvite(ReadOnlySpan<byte> clientShare, DateTimeOffset now)
    {
        Invite? found = null;
        foreach (var invite in State.Invites.Values)
        {
            if (invite.Credential.IsInviteTagValid(clientShare) && now < invite.Expires)
                found = invite;
        }

        return found;
    }

    /// <summary>
    /// Lets a peer in. A key that is known keeps its preshared key, and its addresses unless others are reserved for it: should the
    /// answer be lost, the tunnel that it has goes on.
    /// </summary>
    /// <param name="presharedKey">Of a key that is not known; the peer's from now on when that is let in.</param>
    /// <param name="lease">Null: until it is revoked.</param>
    /// <param name="isLapsed">Its lease has ended by a clock that may yet be set right: it is known, but not in.</param>
    internal EnrollmentOutcome Enroll(in PublicKey key, string? name, SecretKey presharedKey, ulong? inviteId, TimeSpan? lease, DateTimeOffset now, bool isLapsed = false)
    {
        if (Leaving.Contains(key))
            return new(null, GrantRefusal.NotStored);
        var changes = new List<StateChange>();
        var known = State.Peers.GetValueOrDefault(key);
        EnrolledPeer? repeated = null;
        if (inviteId is { } id)
        {
            if (!State.Invites.TryGetValue(id, out var invite) || now >= invite.Expires)
                return new(null, GrantRefusal.InviteUsedUp);
            if (!invite.IsUsable(now))
            {
                // Who is in by it comes again when its last answer was lost; who is out comes in as anybody does.
                repeated = isLapsed || known?.InviteId != id ? null : known;
                if (repeated is null)
                    return new(null, GrantRefusal.InviteUsedUp);
            }

            if (!invite.UsedBy.Contains(key))
                changes.Add(new InviteUsed(id, key));

            name = invite.PeerName ?? name;
        }

        _pool.Others = OthersBut(key);
        IReadOnlyList<PrefixedAddress> had = known is not null && _pool.Fits(known.Addresses) ? known.Addresses : [];
        if (_pool.TryTake([.. ReservedFor(key, name ?? known?.Name), .. had.Select(address => address.Address)]) is not { } addresses)
            return new(null, GrantRefusal.PoolExhausted);
        var peer = new EnrolledPeer(key, known?.PresharedKey ?? presharedKey, name ?? known?.Name, addresses, repeated?.At ?? now)
        {
            InviteId = inviteId,
            LeaseEnds = repeated is null ? now + lease : repeated.LeaseEnds,
        };
        changes.Add(new PeerSet(peer));
        try
        {
            _journal.Append(changes);
        }
        catch (IOException)
        {
            GiveBack(addresses, but: had);
            return new(null, GrantRefusal.NotStored);
        }

        GiveBack(known?.Addresses ?? [], but: addresses);
        return new(peer, GrantRefusal.None) { IsRepeated = repeated is not null };
    }

    /// <summary>
    /// Takes a peer out and gives its addresses back; false when it is not in. Invitations that it has used end with it: who has
    /// the link would be in again with another key.
    /// </summary>
    /// <param name="ended">Those invitations.</param>
    /// <exception cref="IOException">It could not be stored: the peer is one of <see cref="Leaving"/>.</exception>
    internal bool Revoke(in PublicKey key, out IReadOnlyList<ulong> ended)
    {
        ended = [];
        if (!State.Peers.TryGetValue(key, out var peer))
            return false;
        var leaving = key;
        ended = [.. State.Invites.Values.Where(invite => invite.UsedBy.Contains(leaving)).Select(invite => invite.Id)];
        Leaving.Add(key);
        _journal.Append([new PeerRemoved(key), .. ended.Select(id => new InviteRemoved(id))]);
        Leaving.Remove(key);
        GiveBack(peer.Addresses);
        return true;
    }

    /// <summary>Takes out those whose lease has ended, not more at a time than one record of the state holds, and tells who they were.</summary>
    /// <param name="isOver">Asked of those alone that have a lease.</param>
    /// <exception cref="IOException">It could not be stored: all of them are of <see cref="Leaving"/>.</exception>
    internal IReadOnlyList<PublicKey> ExpireLeases(Func<EnrolledPeer, bool> isOver)
    {
        var ended = State.Peers.Values.Where(peer => peer.LeaseEnds is not null && isOver(peer)).ToList();
        if (ended.Count == 0)
            return [];
        Leaving.UnionWith(ended.Select(peer => peer.Key));
        ended = [.. ended.Take(LeasesAtOnce)];
        _journal.Append([.. ended.Select(peer => new PeerRemoved(peer.Key))]);
        foreach (var peer in ended)
        {
            GiveBack(peer.Addresses);
            Leaving.Remove(peer.Key);
        }

        return [.. ended.Select(peer => peer.Key)];
    }

    /// <summary>Stores ends of leases anew after the wall clock was set; when somebody joined moves with them, so that their lengths stay.</summary>
    /// <param name="endOf">Null: it is right as it is.</param>
    /// <exception cref="IOException">Not all could be stored.</exception>
    internal void MoveLeases(Func<EnrolledPeer, DateTimeOffset?> endOf)
    {
        var moved = new List<StateChange>();
        foreach (var peer in State.Peers.Values)
        {
            if (peer.LeaseEnds is { } ends && endOf(peer) is { } right)
                moved.Add(new PeerSet(peer with { LeaseEnds = right, At = peer.At + (right - ends) }));
        }

        foreach (var some in moved.Chunk(PeersAtOnce))
            _journal.Append(some);
    }

    /// <exception cref="InvalidOperationException">There are as many as may be at once.</exception>
    internal Invite MakeInvite(string? peerName, DateTimeOffset expires, int maxUses, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(maxUses is > 0 and <= MaxUses, true, nameof(maxUses));
        if (peerName is not null && !PeerName.IsValid(peerName))
            throw new ArgumentException($"A name is 1 to {PeerName.MaxBytes} bytes without control characters and without blanks at its ends.", nameof(peerName));
        // What has expired is of no use to anybody, and of some to who steals the file.
        StateChange[] changes = [.. State.Invites.Values.Where(invite => now >= invite.Expires).Select(invite => new InviteRemoved(invite.Id))];
        if (State.Invites.Count - changes.Length >= MaxInvites)
            throw new InvalidOperationException($"There are {MaxInvites} invitations; revoke one.");
        var secret = GC.AllocateArray<byte>(Credential.SecretSize, pinned: true);
        _random(secret);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        _random(bytes);
        var id = BitConverter.ToUInt64(bytes);
        _journal.Append([.. changes, new InviteMade(id, secret, peerName, expires, maxUses)]);
        return State.Invites[id];
    }

    /// <summary>False when there is none of this number.</summary>
    internal bool RevokeInvite(ulong id)
    {
        if (!State.Invites.ContainsKey(id))
            return false;
        _journal.Append(new InviteRemoved(id));
        return true;
    }

    private void GiveBack(IReadOnlyList<PrefixedAddress> addresses, IReadOnlyList<PrefixedAddress>? but = null)
    {
        foreach (var (address, _) in addresses)
        {
            if (!State.Reservations.ContainsKey(address) && but?.Any(kept => kept.Address.Equals(address)) is not true)
                _pool.Release(address);
        }
    }
}
