using System.Net;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Everything that has to outlive the process: the server's key, peers with their addresses and keys, invitations,
/// reservations. Changes by <see cref="Apply"/> alone, so that what was loaded is what was there. One thread at a time.
/// </summary>
internal sealed class EnrollmentState : IDisposable
{
    private readonly Dictionary<PublicKey, EnrolledPeer> _peers = [];
    private readonly Dictionary<ulong, Invite> _invites = [];
    private readonly Dictionary<IPAddress, ReservationOwner> _reservations = [];
    private StaticIdentity? _identity;

    internal StaticIdentity Identity => _identity ?? throw new InvalidOperationException("The state has no server key yet.");

    internal bool HasIdentity => _identity is not null;

    internal IReadOnlyDictionary<PublicKey, EnrolledPeer> Peers => _peers;

    internal IReadOnlyDictionary<ulong, Invite> Invites => _invites;

    internal IReadOnlyDictionary<IPAddress, ReservationOwner> Reservations => _reservations;

    /// <exception cref="InvalidDataException">It does not fit what is there.</exception>
    internal void Apply(StateChange change)
    {
        switch (change)
        {
            case ServerKeySet(var key):
                if (_identity is not null)
                    throw new InvalidDataException("The server's key is set twice.");
                _identity = new StaticIdentity(key);
                break;
            case PeerSet(var peer):
                if (_peers.TryGetValue(peer.Key, out var old) && old.PresharedKey != peer.PresharedKey)
                    old.PresharedKey.Dispose();
                _peers[peer.Key] = peer;
                break;
            case PeerRemoved(var key):
                if (!_peers.Remove(key, out var gone))
                    throw new InvalidDataException("A peer is removed that is not there.");
                gone.PresharedKey.Dispose();
                break;
            case InviteMade when _identity is null:
                throw new InvalidDataException("An invitation is made before there is a server's key.");
            case InviteMade(var id, var secret, var name, var expires, var uses):
                var fingerprint = Credential.Fingerprint(Identity.PublicKey);
                if (!_invites.TryAdd(id, new Invite(id, Credential.FromInvite(secret, fingerprint), secret, name, expires, uses)))
                    throw new InvalidDataException("An invitation is made twice.");
                break;
            case InviteUsed(var id, var by):
                if (!_invites.TryGetValue(id, out var invite))
                    throw new InvalidDataException("An invitation is used that is not there.");
                invite.UsedBy.Add(by);
                break;
            case InviteRemoved(var id):
                if (!_invites.Remove(id, out var revoked))
                    throw new InvalidDataException("An invitation is removed that is not there.");
                Forget(revoked);
                break;
            case AddressReserved(var address, var owner):
                _reservations[address] = owner;
                break;
            case AddressUnreserved(var address):
                _reservations.Remove(address);
                break;
            default:
                throw new InvalidDataException($"{change.GetType().Name} is no change of the state.");
        }
    }

    /// <summary>The fewest changes that lead here from nothing.</summary>
    internal IEnumerable<StateChange> Summary()
    {
        yield return new ServerKeySet(Identity.PrivateKey);
        foreach (var (address, owner) in _reservations)
            yield return new AddressReserved(address, owner);
        foreach (var invite in _invites.Values)
        {
            yield return new InviteMade(invite.Id, invite.Secret, invite.PeerName, invite.Expires, invite.MaxUses);
            foreach (var key in invite.UsedBy)
                yield return new InviteUsed(invite.Id, key);
        }

        foreach (var peer in _peers.Values)
            yield return new PeerSet(peer);
    }

    public void Dispose()
    {
        _identity?.Dispose();
        foreach (var peer in _peers.Values)
            peer.PresharedKey.Dispose();
        foreach (var invite in _invites.Values)
            Forget(invite);
    }

    private static void Forget(Invite invite)
    {
        invite.Credential.Dispose();
        CryptographicOperations.ZeroMemory(invite.Secret);
    }
}
