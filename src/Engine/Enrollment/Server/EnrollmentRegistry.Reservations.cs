using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Addresses that are kept for somebody, whether in or not: for one key, or for the first who comes by a name. Of each prefix
/// an owner has one at most.
/// </summary>
internal sealed partial class EnrollmentRegistry
{
    internal const int MaxReservations = 10_000;

    /// <summary>Keeps addresses for somebody. What is kept for it already stays.</summary>
    /// <param name="addresses">None: of each prefix of which nothing is kept for it, the one that it has, else the lowest that is free.</param>
    /// <exception cref="ArgumentException">One is no client's ever, or a second one of a prefix.</exception>
    /// <exception cref="InvalidOperationException">One is somebody else's, none is free, or there are as many as may be.</exception>
    /// <exception cref="IOException">It could not be stored. In every case nothing has changed.</exception>
    internal void Reserve(in ReservationOwner owner, IReadOnlyList<IPAddress> addresses)
    {
        _pool.Others = OthersBut(owner.Key ?? default);
        var kept = ReservationsOf(owner);
        var wanted = addresses.Count > 0 ? Check(owner, kept, addresses) : Choose(owner, kept);
        if (State.Reservations.Count + wanted.Count > MaxReservations)
            throw new InvalidOperationException($"There are {MaxReservations} reservations; take one back.");
        // What its peer has, is taken already.
        var taken = wanted.Where(_pool.TryClaim).ToList();
        try
        {
            var whom = owner;
            if (wanted.Count > 0)
                _journal.Append([.. wanted.Select(address => new AddressReserved(address, whom))]);
        }
        catch (IOException)
        {
            taken.ForEach(_pool.Release);
            throw;
        }
    }

    /// <summary>Takes reservations back. Who has such an address keeps it for as long as it is in.</summary>
    /// <exception cref="IOException">It could not be stored, and nothing has changed.</exception>
    internal void Unreserve(IReadOnlyList<IPAddress> addresses)
    {
        addresses = [.. addresses.Where(State.Reservations.ContainsKey).Distinct()];
        if (addresses.Count == 0)
            return;
        _journal.Append([.. addresses.Select(address => new AddressUnreserved(address))]);
        foreach (var address in addresses)
        {
            if (HolderOf(address) is null)
                _pool.Release(address);
        }
    }

    internal IReadOnlyList<IPAddress> ReservationsOf(ReservationOwner owner) =>
        [.. State.Reservations.Where(reservation => reservation.Value == owner).Select(reservation => reservation.Key)];

    private List<IPAddress> Check(ReservationOwner owner, IReadOnlyList<IPAddress> kept, IReadOnlyList<IPAddress> addresses)
    {
        var wanted = addresses.Distinct().Except(kept).ToList();
        var all = new List<IPAddress>(kept);
        foreach (var address in wanted)
        {
            var range = _pool.RangeOf(address)
                ?? throw new ArgumentException($"{address} is none that a client of this tunnel can have; they are of {string.Join(", ", _pool.Prefixes)}.");
            if (address.Equals(range.Server))
                throw new ArgumentException($"{address} is the server's own.");
            if (State.Reservations.TryGetValue(address, out var other))
                throw new InvalidOperationException($"{address} is reserved for {NameOf(other)}.");
            if (HolderOf(address) is { } peer && !IsOf(owner, peer))
                throw new InvalidOperationException($"{address} is that of {NameOf(new(peer.Key, peer.Name))}, who has joined.");
            if (_pool.OtherWith(address) is { } others)
                throw new InvalidOperationException($"{address} is of {others}, which a peer has that has not joined.");
            if (all.Find(range.Holds) is { } first)
                throw new ArgumentException($"{first} is reserved for {NameOf(owner)}, and nobody has two addresses of {range.Prefix}.");
            all.Add(address);
        }

        return wanted;
    }

    private List<IPAddress> Choose(ReservationOwner owner, IReadOnlyList<IPAddress> kept)
    {
        var holder = State.Peers.Values.FirstOrDefault(peer => IsOf(owner, peer) && _pool.Fits(peer.Addresses));
        IReadOnlyList<IPAddress> has = [.. kept, .. holder?.Addresses.Select(address => address.Address).Where(address => !State.Reservations.ContainsKey(address)) ?? []];
        var chosen = _pool.TryTake(has) ?? throw new InvalidOperationException($"No address is free in one of {string.Join(", ", _pool.Prefixes)}.");
        // To be claimed with the others.
        _pool.Release([.. chosen.Where(address => !has.Contains(address.Address))]);
        return [.. chosen.Select(address => address.Address).Except(kept)];
    }

    // Of a prefix the first counts. A key is its owner's alone; a name is whoever's comes first, and with all of its addresses.
    private IEnumerable<IPAddress> ReservedFor(PublicKey key, string? name)
    {
        var ofName = new List<IPAddress>();
        foreach (var (address, owner) in State.Reservations)
        {
            if (owner.Key == key)
                yield return address;
            else if (owner.Name is { } called && called == name)
                ofName.Add(address);
        }

        if (ofName.Exists(address => HolderOf(address) is { } holder && holder.Key != key))
            yield break;
        foreach (var address in ofName)
            yield return address;
    }

    private EnrolledPeer? HolderOf(IPAddress address) =>
        State.Peers.Values.FirstOrDefault(peer => peer.Addresses.Any(given => given.Address.Equals(address)));

    private static bool IsOf(in ReservationOwner owner, EnrolledPeer peer) => owner.Key is { } key ? peer.Key == key : owner.Name is { } name && peer.Name == name;

    private static string NameOf(in ReservationOwner owner) => owner.Name is { } name ? $"'{name}'" : owner.Key?.ToString() ?? "nobody";
}
