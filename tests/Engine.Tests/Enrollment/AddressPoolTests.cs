using System.Net;
using FsCheck.Fluent;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Models;

namespace WireGuard.Tests.Enrollment;

public sealed class AddressPoolTests
{
    [Theory]
    [InlineData("10.150.0.0/24", "10.150.0.1/24", "10.150.0.2/24", "10.150.0.3/24")]
    [InlineData("10.150.0.0/30", "10.150.0.1/30", "10.150.0.2/30", null)]
    [InlineData("10.150.0.0/31", "10.150.0.0/31", "10.150.0.1/31", null)]
    [InlineData("fd42:150::/64", "fd42:150::1/64", "fd42:150::2/64", "fd42:150::3/64")]
    [InlineData("fd42:150::/126", "fd42:150::1/126", "fd42:150::2/126", "fd42:150::3/126")]
    [InlineData("fd42:150::/127", "fd42:150::/127", "fd42:150::1/127", null)]
    [InlineData("0.0.0.0/0", "0.0.0.1/0", "0.0.0.2/0", "0.0.0.3/0")]
    [InlineData("::/0", "::1/0", "::2/0", "::3/0")]
    public void The_server_has_the_first_and_clients_those_that_follow(string prefix, string server, string first, string? second)
    {
        var pool = new AddressPool([IPNetwork.Parse(prefix)]);
        Assert.Equal(server, Assert.Single(pool.Server).ToString());
        Assert.Equal(first, Assert.Single(pool.TryTake()!).ToString());
        Assert.Equal(second, pool.TryTake()?[0].ToString());
    }

    [Fact]
    public void Every_host_of_a_prefix_is_given_once()
    {
        var pool = new AddressPool([IPNetwork.Parse("192.0.2.0/24")]);
        var given = new HashSet<string>();
        while (pool.TryTake() is { } addresses)
            Assert.True(given.Add(addresses[0].Address.ToString()));
        Assert.Equal(253, given.Count);
        Assert.DoesNotContain("192.0.2.0", given);
        Assert.DoesNotContain("192.0.2.1", given);
        Assert.DoesNotContain("192.0.2.255", given);
    }

    [Fact]
    public void When_one_prefix_has_none_left_nothing_is_taken_from_the_others()
    {
        var pool = new AddressPool([IPNetwork.Parse("fd00::/64"), IPNetwork.Parse("10.0.0.0/30")]);
        var taken = pool.TryTake()!;
        Assert.Null(pool.TryTake());
        Assert.Null(pool.TryTake());
        pool.Release(taken);
        Assert.Equal(["fd00::2/64", "10.0.0.2/30"], pool.TryTake()!.Select(a => a.ToString()));
    }

    [Fact]
    public void The_servers_address_is_never_given_back()
    {
        var pool = new AddressPool([IPNetwork.Parse("10.0.0.0/24")]);
        pool.Release(IPAddress.Parse("10.0.0.1"));
        pool.Release(IPAddress.Parse("10.0.0.0"));
        Assert.Equal("10.0.0.2/24", pool.TryTake()![0].ToString());
    }

    [Theory]
    [InlineData("10.0.0.0/32")]
    [InlineData("fd00::/128")]
    [InlineData("10.0.0.0/24", "10.0.0.128/25")]
    [InlineData("10.0.0.128/25", "10.0.0.0/24")]
    [InlineData("fd00::/64", "fd00::/64")]
    [InlineData]
    public void A_pool_that_cannot_serve_is_refused(params string[] prefixes) =>
        Assert.Throws<ArgumentException>(() => new AddressPool([.. prefixes.Select(IPNetwork.Parse)]));

    [Fact]
    public void What_others_have_is_given_to_nobody_and_is_free_again_when_they_are_gone()
    {
        var pool = new AddressPool([IPNetwork.Parse("10.0.0.0/28"), IPNetwork.Parse("fd00::/64")])
        {
            Others =
            [
                IPNetwork.Parse("10.0.0.2/32"), IPNetwork.Parse("10.0.0.4/30"), IPNetwork.Parse("10.0.0.4/32"), IPNetwork.Parse("10.0.0.5/32"), IPNetwork.Parse("10.0.0.13/32"),
                IPNetwork.Parse("fd00::/65"), IPNetwork.Parse("10.0.0.0/28"), IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("10.1.0.3/32"), IPNetwork.Parse("::/0"),
            ],
        };
        var given = new List<string>();
        while (pool.TryTake() is { } taken)
            given.Add(string.Join(' ', taken));
        Assert.Equal(["10.0.0.3", "10.0.0.8", "10.0.0.9", "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.14"], given.Select(text => text.Split('/')[0]));
        Assert.EndsWith(" fd00::8000:0:0:0/64", given[0]);
        Assert.Equal(IPNetwork.Parse("10.0.0.4/30"), pool.OtherWith(IPAddress.Parse("10.0.0.6")));
        Assert.Null(pool.OtherWith(IPAddress.Parse("10.0.0.3")));
        pool.Others = [];
        Assert.Equal("10.0.0.2/28", pool.TryTake()![0].ToString());
    }

    // Against a plain set: takes the lowest free, claims, releases.
    [Fact]
    public void It_agrees_with_a_plain_set() => Model.Check(
        from kind in Gen.Choose(0, 3)
        from host in Gen.Choose(0, 15)
        select (kind, host),
        operations =>
        {
            var pool = new AddressPool([IPNetwork.Parse("10.0.0.0/28")]);
            var free = new SortedSet<int>(Enumerable.Range(2, 13));
            foreach (var (kind, host) in operations)
            {
                var address = new IPAddress([10, 0, 0, (byte)host]);
                switch (kind)
                {
                    case 0:
                        if (pool.TryClaim(address) != free.Remove(host))
                            return false;
                        break;
                    case 1:
                        pool.Release(address);
                        if (host is >= 2 and <= 14)
                            free.Add(host);
                        break;
                    default:
                        var taken = pool.TryTake()?[0].Address.GetAddressBytes()[3];
                        if (taken != (free.Count == 0 ? null : (byte)free.Min))
                            return false;
                        if (taken is { } number)
                            free.Remove(number);
                        break;
                }
            }

            return true;
        });

    // Enrolling, revoking, leases, reservations: no address has two owners, and a known key keeps its own.
    [Fact]
    public void No_address_ever_has_two_owners() => Model.Check(
        from kind in Gen.Choose(0, 9)
        from who in Gen.Choose(0, 19)
        from failing in Gen.Choose(0, 7)
        select (kind, who, isFull: failing == 0),
        operations =>
        {
            var journal = new MemoryJournal();
            var registry = new EnrollmentRegistry(journal, new AddressPool([IPNetwork.Parse("10.0.0.0/28"), IPNetwork.Parse("fd00::/124")]));
            var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            foreach (var (kind, who, isFull) in operations)
            {
                now += TimeSpan.FromMinutes(1);
                journal.IsFull = isFull;
                var key = KeyOf(who);
                var before = registry.State.Peers.GetValueOrDefault(key)?.Addresses;
                var address = new IPAddress([10, 0, 0, (byte)(who % 16)]);
                try
                {
                    switch (kind)
                    {
                        case 0:
                            registry.Revoke(key, out _);
                            break;
                        case 1:
                            registry.ExpireLeases(peer => peer.LeaseEnds <= now);
                            break;
                        case 2:
                            registry.Reserve(OwnerOf(who), who % 4 == 0 ? [] : [address]);
                            break;
                        case 3:
                            registry.Unreserve([address]);
                            break;
                        default:
                            var moves = before is not null && registry.State.Reservations.Any(r => IsFor(r.Value, key) && !before.Any(had => had.Address.Equals(r.Key)));
                            var outcome = registry.Enroll(key, NameOf(key), new SecretKey(new byte[32]), null, who % 3 == 0 ? TimeSpan.FromMinutes(5) : null, now);
                            if (before is not null && outcome.Peer is { } peer && !moves && !peer.Addresses.SequenceEqual(before))
                                return false;
                            break;
                    }
                }
                catch (IOException) when (isFull)
                {
                }
                catch (Exception refused) when (refused is ArgumentException or InvalidOperationException)
                {
                }

                journal.IsFull = false;
                var given = registry.State.Peers.Values.SelectMany(p => p.Addresses.Select(a => (a.Address, p.Key))).ToList();
                if (given.DistinctBy(g => g.Address).Count() != given.Count
                    || given.Any(g => registry.State.Reservations.TryGetValue(g.Address, out var owner) && !IsFor(owner, g.Key)))
                    return false;
            }

            // What a restart makes of it gives the same address next.
            var again = new EnrollmentRegistry(journal, new AddressPool(registry.Pool.Prefixes));
            var (one, other) = (registry.Pool.TryTake(), again.Pool.TryTake());
            return one is null ? other is null : other is not null && one.SequenceEqual(other);
        });

    [Fact]
    public void A_reserved_address_is_its_keys_even_when_no_other_is_left()
    {
        var registry = new EnrollmentRegistry(new MemoryJournal(), new AddressPool([IPNetwork.Parse("10.0.0.0/29")]));
        registry.Reserve(new(KeyOf(1), null), [IPAddress.Parse("10.0.0.3")]);
        registry.Reserve(default, [IPAddress.Parse("10.0.0.4")]);
        Assert.Equal("10.0.0.2/29", Address(registry, 10));
        Assert.Equal("10.0.0.5/29", Address(registry, 11));
        Assert.Equal("10.0.0.6/29", Address(registry, 12));
        Assert.Null(Address(registry, 13));
        Assert.Equal("10.0.0.3/29", Address(registry, 1));
        Assert.True(registry.Revoke(KeyOf(1), out _));
        Assert.Null(Address(registry, 13));
        registry.Unreserve([IPAddress.Parse("10.0.0.3")]);
        Assert.Equal("10.0.0.3/29", Address(registry, 13));
    }

    [Fact]
    public void A_lease_that_has_ended_frees_its_address_and_one_renewed_does_not()
    {
        var registry = new EnrollmentRegistry(new MemoryJournal(), new AddressPool([IPNetwork.Parse("10.0.0.0/29")]));
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal("10.0.0.2/29", Address(registry, 1, start, TimeSpan.FromHours(1)));
        Assert.Equal("10.0.0.3/29", Address(registry, 2, start, TimeSpan.FromHours(1)));
        Assert.Equal("10.0.0.3/29", Address(registry, 2, start.AddMinutes(30), TimeSpan.FromHours(1)));
        Assert.Empty(registry.ExpireLeases(peer => peer.LeaseEnds <= start.AddMinutes(59)));
        Assert.Equal([KeyOf(1)], registry.ExpireLeases(peer => peer.LeaseEnds <= start.AddMinutes(60)));
        Assert.Equal("10.0.0.2/29", Address(registry, 3));
    }

    [Fact]
    public void In_another_pool_a_known_key_gets_an_address_of_that()
    {
        var journal = new MemoryJournal();
        Assert.Equal("10.0.0.2/29", Address(new EnrollmentRegistry(journal, new AddressPool([IPNetwork.Parse("10.0.0.0/29")])), 1));
        var moved = new EnrollmentRegistry(journal, new AddressPool([IPNetwork.Parse("10.9.0.0/24")]));
        Assert.Equal("10.9.0.2/24", Address(moved, 1));
        Assert.Equal("10.9.0.3/24", Address(moved, 2));
    }

    // A key, a name that several keys have, or nobody.
    private static ReservationOwner OwnerOf(int who) => (who % 3) switch
    {
        0 => new(KeyOf(who), null),
        1 => new(null, NameOf(KeyOf(who))),
        _ => default,
    };

    private static string NameOf(in PublicKey key) => $"n{key.Span[0] % 5}";

    private static bool IsFor(in ReservationOwner owner, in PublicKey key) => owner.Key == key || owner.Name == NameOf(key);

    private static PublicKey KeyOf(int number) => new([(byte)number, .. new byte[30], 1]);

    private static string? Address(EnrollmentRegistry registry, int who, DateTimeOffset now = default, TimeSpan? lease = null) =>
        registry.Enroll(KeyOf(who), null, new SecretKey(new byte[32]), null, lease, now).Peer?.Addresses[0].ToString();
}
