using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>What the administrator keeps for whom.</summary>
internal sealed partial class EnrollmentHost
{
    public EnrollmentReservationInfo Reserve(EnrollmentReservationRequest request)
    {
        var owner = OwnerOf(request.PeerName, request.PublicKey);
        IPAddress[] addresses = [.. (request.Addresses ?? []).Select((text, place) => ReadAddress($"addresses[{place}]", text))];
        lock (_lock)
        {
            RequireRunning();
            if (owner.Key == _registry.State.Identity.PublicKey)
                throw ControlException.InvalidValue("publicKey", "this is the tunnel's own public key.");
            try
            {
                _ = Store(() =>
                {
                    _registry.Reserve(owner, addresses);
                    return true;
                });
            }
            catch (ArgumentException wrong)
            {
                throw ControlException.InvalidValue("addresses", wrong.Message);
            }

            var reserved = Describe(owner, _registry.ReservationsOf(owner));
            _log.Information($"{string.Join(", ", reserved.Addresses)} reserved for {LogNameOf(owner)}");
            return reserved;
        }
    }

    public EnrollmentReservationInfo Unreserve(EnrollmentReservationChoice choice)
    {
        if (choice.Address is null)
            return Unreserve(OwnerOf(choice.PeerName, choice.PublicKey), null);
        if (choice.PeerName is not null || choice.PublicKey is not null)
            throw ControlException.InvalidValue("address", "it stands alone, without peerName and publicKey.");
        return Unreserve(null, ReadAddress("address", choice.Address));
    }

    private EnrollmentReservationInfo Unreserve(ReservationOwner? whose, IPAddress? alone)
    {
        lock (_lock)
        {
            RequireRunning();
            var reservations = _registry.State.Reservations;
            IReadOnlyList<IPAddress> addresses = whose is { } one ? _registry.ReservationsOf(one) : reservations.ContainsKey(alone!) ? [alone!] : [];
            if (addresses.Count == 0)
                throw new ControlException(ControlErrorCode.EnrollmentNotFound, whose is null ? $"{alone} is not reserved." : "Nothing is reserved for this peer.");
            var owner = reservations[addresses[0]];
            var before = Describe(owner, addresses);
            _ = Store(() =>
            {
                _registry.Unreserve(addresses);
                return true;
            });
            _log.Information($"{string.Join(", ", before.Addresses)} no longer reserved for {LogNameOf(owner)}");
            return before;
        }
    }

    private IEnumerable<EnrollmentReservationInfo> DescribeReservations()
    {
        var reservations = _registry.State.Reservations;
        if (reservations.Count == 0)
            return [];
        var holders = _registry.State.Peers.Values.SelectMany(peer => peer.Addresses.Select(given => (given.Address, peer.Key)))
            .Where(held => reservations.ContainsKey(held.Address)).DistinctBy(held => held.Address).ToDictionary(held => held.Address, held => held.Key);
        return reservations.GroupBy(reservation => reservation.Value, reservation => reservation.Key)
            .OrderBy(group => group.Select(EnrollmentWords.OrderOf).Min(StringComparer.Ordinal), StringComparer.Ordinal)
            .Select(group => EnrollmentWords.Describe(group.Key, group, HolderOf(group, holders)));
    }

    private EnrollmentReservationInfo Describe(in ReservationOwner owner, IReadOnlyList<IPAddress> addresses)
    {
        var holder = _registry.State.Peers.Values.FirstOrDefault(peer => peer.Addresses.Any(given => addresses.Contains(given.Address)));
        return EnrollmentWords.Describe(owner, addresses, holder?.Key);
    }

    private static PublicKey? HolderOf(IEnumerable<IPAddress> addresses, Dictionary<IPAddress, PublicKey> holders)
    {
        foreach (var address in addresses)
        {
            if (holders.TryGetValue(address, out var key))
                return key;
        }

        return null;
    }

    private static ReservationOwner OwnerOf(string? name, string? publicKey)
    {
        if (name is null == publicKey is null)
            throw ControlException.InvalidValue("peerName", "an address is reserved for a name or for a public key, one of the two.");
        if (publicKey is not null)
        {
            var key = PeerRequestReader.ReadKey(publicKey);
            return key.IsZero ? throw ControlException.InvalidValue("publicKey", "the zero key is nobody's.") : new ReservationOwner(key, null);
        }

        return PeerName.IsValid(name!) ? new ReservationOwner(null, name) : throw BadName();
    }

    private static IPAddress ReadAddress(string member, string text) =>
        IPText.TryParse(text, out var address) ? address : throw ControlException.InvalidValue(member, "an address is as 10.150.0.7 or fd42:150::7, without a length.");

    private static string LogNameOf(in ReservationOwner owner) => owner.Name is { } name ? EnrollmentWords.Quote(name) : owner.Key?.ToString() ?? "nobody";
}
