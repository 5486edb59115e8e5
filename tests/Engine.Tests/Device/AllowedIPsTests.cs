using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

public sealed class AllowedIPsTests
{
    private sealed class Owner(string name)
    {
        public override string ToString() => name;
    }

    private readonly AllowedIPs<Owner> _table = new();
    private readonly Owner _a = new("a");
    private readonly Owner _b = new("b");
    private readonly Owner _c = new("c");

    [Fact]
    public void The_longest_prefix_wins_whatever_the_order_of_insertion()
    {
        Set("10.1.2.0/24", _c);
        Set("10.0.0.0/8", _a);
        Set("10.1.0.0/16", _b);
        Assert.Same(_a, Find("10.2.0.1"));
        Assert.Same(_b, Find("10.1.3.1"));
        Assert.Same(_c, Find("10.1.2.255"));
        Assert.Null(Find("11.0.0.0"));
    }

    [Fact]
    public void Default_routes_take_the_rest_of_their_own_family_only()
    {
        Set("0.0.0.0/0", _a);
        Set("2001:db8::/32", _b);
        Assert.Same(_a, Find("255.255.255.255"));
        Assert.Same(_b, Find("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
        Assert.Null(Find("2001:db9::"));
        Set("::/0", _c);
        Assert.Same(_c, Find("2001:db9::"));
        Assert.Same(_b, Find("2001:db8::1"));
    }

    [Fact]
    public void Single_addresses_of_both_families_are_told_apart_to_the_last_bit()
    {
        Set("192.0.2.4/32", _a);
        Set("192.0.2.5/32", _b);
        Set("2001:db8::4/128", _b);
        Set("2001:db8::5/128", _a);
        Assert.Same(_a, Find("192.0.2.4"));
        Assert.Same(_b, Find("192.0.2.5"));
        Assert.Null(Find("192.0.2.6"));
        Assert.Same(_b, Find("2001:db8::4"));
        Assert.Same(_a, Find("2001:db8::5"));
        Assert.Null(Find("2001:db8::6"));
    }

    [Fact]
    public void A_prefix_moves_to_whoever_is_given_it_last()
    {
        Set("10.0.0.0/24", _a);
        Set("10.0.0.0/24", _b);
        Assert.Same(_b, Find("10.0.0.1"));
        Assert.Empty(_table.Of(_a));
        Assert.Equal(["10.0.0.0/24"], _table.Of(_b).Select(n => n.ToString()));
    }

    [Fact]
    public void Removing_needs_the_exact_prefix_and_its_owner()
    {
        Set("10.0.0.0/8", _a);
        Set("10.1.0.0/16", _b);
        Assert.False(_table.Remove(IPNetwork.Parse("10.1.0.0/16"), _a));
        Assert.False(_table.Remove(IPNetwork.Parse("10.1.0.0/17"), _b));
        Assert.False(_table.Remove(IPNetwork.Parse("10.0.0.0/9"), _a));
        Assert.True(_table.Remove(IPNetwork.Parse("10.1.0.0/16"), _b));
        Assert.Same(_a, Find("10.1.0.1"));
    }

    [Fact]
    public void Removing_an_owner_leaves_the_others()
    {
        Set("10.0.0.0/8", _a);
        Set("10.1.0.0/16", _b);
        Set("10.1.2.0/24", _a);
        _table.RemoveAll(_a);
        Assert.Null(Find("10.2.0.0"));
        Assert.Same(_b, Find("10.1.2.3"));
        Assert.Empty(_table.Of(_a));
    }

    [Fact]
    public void Prefixes_are_listed_IPv4_first_by_address_and_length()
    {
        foreach (var prefix in new[] { "fd00::/8", "10.2.0.0/16", "10.0.0.0/8", "10.0.0.0/16", "::/0" })
            Set(prefix, _a);
        Assert.Equal(["10.0.0.0/8", "10.0.0.0/16", "10.2.0.0/16", "::/0", "fd00::/8"], _table.Of(_a).Select(n => n.ToString()));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 1)]
    [InlineData(AddressFamily.InterNetwork, 2)]
    [InlineData(AddressFamily.InterNetworkV6, 3)]
    [InlineData(AddressFamily.InterNetworkV6, 4)]
    public void It_agrees_with_a_linear_scan_through_random_changes(AddressFamily family, int seed)
    {
        var random = new Random(seed);
        var owners = Enumerable.Range(0, 50).Select(i => new Owner($"{i}")).ToArray();
        var naive = new Dictionary<IPNetwork, Owner>();
        for (var round = 0; round < 4000; round++)
        {
            var owner = owners[random.Next(owners.Length)];
            switch (random.Next(10))
            {
                case 0:
                    _table.RemoveAll(owner);
                    foreach (var key in naive.Where(p => p.Value == owner).Select(p => p.Key).ToList())
                        naive.Remove(key);
                    break;
                case 1 or 2 when naive.Count > 0:
                    var (prefix, holder) = naive.ElementAt(random.Next(naive.Count));
                    Assert.Equal(holder == owner, _table.Remove(prefix, owner));
                    if (holder == owner)
                        naive.Remove(prefix);
                    break;
                default:
                    var added = RandomPrefix(random, family);
                    _table.Set(added, owner);
                    naive[added] = owner;
                    break;
            }

            var address = RandomAddress(random, family);
            if (round % 3 == 0)
                _table.Settle();
            var expected = naive.Where(p => p.Key.Contains(address)).OrderByDescending(p => p.Key.PrefixLength).Select(p => p.Value).FirstOrDefault();
            Assert.Same(expected, _table.Find(address));
        }

        foreach (var owner in owners)
            Assert.Equal(
                naive.Where(p => p.Value == owner).Select(p => p.Key.ToString()).Order(StringComparer.Ordinal),
                _table.Of(owner).Select(n => n.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Readers_see_a_whole_table_while_it_changes()
    {
        Set("0.0.0.0/0", _a);
        Set("10.0.0.0/8", _b);
        using var stop = new CancellationTokenSource();
        var wrong = 0;
        var reader = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                if (_table.Find4(0x0A000001) is null || _table.Find4(0xC0000201) is null)
                    Interlocked.Increment(ref wrong);
        });
        reader.Start();
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var prefix = RandomPrefix(random, AddressFamily.InterNetwork, shortest: 9);
            _table.Set(prefix, _c);
            if (i % 5 == 0)
                _table.Settle();
            if (i % 3 == 0)
                _table.RemoveAll(_c);
            else
                _table.Remove(prefix, _c);
        }

        stop.Cancel();
        reader.Join();
        Assert.Equal(0, wrong);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 1)]
    [InlineData(AddressFamily.InterNetwork, 2)]
    [InlineData(AddressFamily.InterNetworkV6, 3)]
    [InlineData(AddressFamily.InterNetworkV6, 4)]
    public void A_settled_table_answers_as_before(AddressFamily family, int seed)
    {
        var random = new Random(seed);
        var owners = Enumerable.Range(0, 100).Select(i => new Owner($"{i}")).ToArray();
        foreach (var count in new[] { 0, 1, 2, 5, 50, 3000 })
        {
            var table = new AllowedIPs<Owner>();
            List<byte[]> asked = [];
            for (var i = 0; i < count; i++)
            {
                var prefix = CrowdedPrefix(random, family);
                table.Set(prefix, owners[random.Next(owners.Length)]);
                asked.AddRange(Around(prefix, random));
            }

            for (var i = 0; i < 200; i++)
                asked.Add(RandomAddress(random, family).GetAddressBytes());
            var before = asked.ConvertAll(a => table.Find(new IPAddress(a)));
            table.Settle();
            for (var i = 0; i < asked.Count; i++)
                Assert.True(ReferenceEquals(before[i], table.Find(new IPAddress(asked[i]))), $"{new IPAddress(asked[i])} among {count}");
        }
    }

    [Fact]
    public void A_settled_table_follows_the_next_change()
    {
        Set("10.0.0.0/8", _a);
        Set("fd00::/8", _a);
        _table.Settle();
        Set("10.1.0.0/16", _b);
        Assert.Same(_b, Find("10.1.0.1"));
        _table.Settle();
        Assert.True(_table.Remove(IPNetwork.Parse("10.1.0.0/16"), _b));
        Assert.Same(_a, Find("10.1.0.1"));
        Set("fd01::/16", _b);
        _table.Settle();
        _table.RemoveAll(_a);
        Assert.Null(Find("10.1.0.1"));
        Assert.Null(Find("fd00::1"));
        Assert.Same(_b, Find("fd01::1"));
    }

    private void Set(string prefix, Owner owner) => _table.Set(IPNetwork.Parse(prefix), owner);

    private Owner? Find(string address) => _table.Find(IPAddress.Parse(address));

    // Most of them beside each other in a few places, as networks of sites are, some anywhere.
    private static IPNetwork CrowdedPrefix(Random random, AddressFamily family)
    {
        if (random.Next(10) == 0)
            return RandomPrefix(random, family);
        var bytes = new byte[family == AddressFamily.InterNetwork ? 4 : 16];
        bytes[0] = (byte)(random.Next(4) * 85);
        var last = random.Next(1, bytes.Length);
        bytes[last] = (byte)random.Next(256);
        bytes[last - 1] ^= (byte)random.Next(4);
        return new IPNetwork(new IPAddress(bytes), (last + 1) * 8);
    }

    /// <summary>The first and last address of a prefix, those beside it, and one inside.</summary>
    private static IEnumerable<byte[]> Around(IPNetwork prefix, Random random)
    {
        var first = prefix.BaseAddress.GetAddressBytes();
        var last = (byte[])first.Clone();
        var inside = (byte[])first.Clone();
        for (var bit = prefix.PrefixLength; bit < first.Length * 8; bit++)
        {
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
            inside[bit / 8] |= (byte)(random.Next(2) * (0x80 >> (bit % 8)));
        }

        return [first, last, inside, Beside(first, 255), Beside(last, 1)];

        static byte[] Beside(byte[] address, byte step)
        {
            var next = (byte[])address.Clone();
            for (var i = next.Length - 1; i >= 0; i--)
            {
                var before = next[i];
                next[i] += step;
                if (step == 1 ? next[i] != 0 : before != 0)
                    break;
            }

            return next;
        }
    }

    // Few distinct high bits, so that prefixes nest and collide often.
    private static IPAddress RandomAddress(Random random, AddressFamily family)
    {
        var bytes = new byte[family == AddressFamily.InterNetwork ? 4 : 16];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(random.Next(3) * 85);
        return new IPAddress(bytes);
    }

    private static IPNetwork RandomPrefix(Random random, AddressFamily family, int shortest = 0)
    {
        var bytes = RandomAddress(random, family).GetAddressBytes();
        var length = random.Next(shortest, (bytes.Length * 8) + 1);
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), length);
    }
}
