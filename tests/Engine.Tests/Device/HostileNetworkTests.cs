using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

/// <summary>Networks that lose, repeat, reorder, cut and invent datagrams, from seeds, so that a failure can be had again.</summary>
public sealed class HostileNetworkTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_arrives_was_sent_and_arrives_once(int seed)
    {
        using var pair = new DevicePair();
        var random = new Random(seed);
        var held = new List<(IPEndPoint From, IPEndPoint To, byte[] Datagram)>();
        pair.Network.Filter = (from, to, datagram) =>
        {
            switch (random.Next(10))
            {
                case 0:
                    return 0;
                case 1:
                    return 2;
                case 2:
                    datagram[random.Next(datagram.Length)] ^= (byte)(1 << random.Next(8));
                    return 1;
                case 3:
                    held.Add((from, to, datagram.ToArray()));
                    return 0;
                case 4:
                    // It arrives, and its copy comes again later, whole or cut short.
                    held.Add((from, to, datagram[..random.Next(datagram.Length + 1)].ToArray()));
                    held.Add((from, to, datagram.ToArray()));
                    return 1;
                default:
                    return 1;
            }
        };

        var arrived = new HashSet<int>();
        for (var i = 0; i < 2000; i++)
        {
            pair.A.Tun.Inject(Numbered(i));
            pair.Settle();
            if (held.Count > 0 && random.Next(4) == 0)
            {
                var late = held[random.Next(held.Count)];
                held.Remove(late);
                pair.Network.Inject(late.From, late.To, late.Datagram);
            }

            if (i % 100 == 0)
                pair.Run(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1));
            while (pair.B.Tun.TakeOrNull() is { } packet)
            {
                var number = BitConverter.ToInt32(packet, 28);
                Assert.Equal(Numbered(number), packet);
                Assert.True(arrived.Add(number), $"packet {number} arrived twice");
            }
        }

        Assert.InRange(arrived.Count, 1000, 2000);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Rubbish_of_every_length_and_type_disturbs_nothing(int seed)
    {
        using var pair = new DevicePair();
        var captured = new List<byte[]>();
        pair.Network.Filter = (_, _, datagram) =>
        {
            captured.Add(datagram.ToArray());
            return 1;
        };
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.SendBtoA(TestPacket.Make("10.0.0.2", "10.0.0.1")));
        pair.Network.Filter = null;

        var random = new Random(seed);
        var stranger = IPEndPoint.Parse("198.51.100.9:9");
        for (var i = 0; i < 5000; i++)
        {
            var rubbish = random.Next(3) == 0 ? Mutate(captured[random.Next(captured.Count)], random) : Invent(random);
            pair.Network.Inject(stranger, random.Next(2) == 0 ? pair.A.Endpoint : pair.B.Endpoint, rubbish);
            if (i % 50 == 0)
                pair.Settle();
        }

        pair.Settle();
        Assert.Null(pair.A.Tun.TakeOrNull());
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(pair.A.Endpoint, pair.B.Peer(pair.A.PublicKey).Endpoint);
        Assert.Equal(pair.B.Endpoint, pair.A.Peer(pair.B.PublicKey).Endpoint);
        pair.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.DoesNotContain(pair.A.Log.Entries.Concat(pair.B.Log.Entries), e => e.Level == WireGuard.Engine.Diagnostics.LogLevel.Error);
    }

    [Fact]
    public void The_largest_datagram_there_is_is_taken_and_dropped()
    {
        using var pair = new DevicePair();
        byte[]? captured = null;
        pair.Network.Filter = (_, _, datagram) =>
        {
            if (datagram[0] == 4)
                captured = datagram.ToArray();
            return 1;
        };
        Assert.NotNull(pair.SendAtoB(AtoB));
        var huge = new byte[65_507];
        captured!.AsSpan(0, 16).CopyTo(huge);
        huge[8] += 1;
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, huge);
        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void A_low_order_point_can_be_a_peer_but_nothing_is_ever_sent_to_it(string key)
    {
        using var pair = new DevicePair(connect: false);
        var sent = 0;
        pair.Network.Filter = (_, _, _) =>
        {
            sent++;
            return 1;
        };
        var publicKey = new PublicKey(Convert.FromHexString(key));
        pair.A.Device.Apply(new DeviceChange
        {
            Peers = [new PeerChange { PublicKey = publicKey, Endpoint = pair.B.Endpoint, PersistentKeepalive = 1, AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("10.0.0.2/32"))] }],
        });
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(0, sent);
        Assert.Equal(publicKey, pair.A.Peer(publicKey).PublicKey);
    }

    private static byte[] Numbered(int number)
    {
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", 32 + (number % 1000));
        BitConverter.TryWriteBytes(packet.AsSpan(28), number);
        return packet;
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var copy = (byte[])original.Clone();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
        return random.Next(3) == 0 ? copy[..random.Next(copy.Length)] : copy.SequenceEqual(original) ? [] : copy;
    }

    private static byte[] Invent(Random random)
    {
        var rubbish = new byte[random.Next(4) == 0 ? random.Next(65_508) : random.Next(200)];
        random.NextBytes(rubbish);
        if (rubbish.Length >= 4 && random.Next(2) == 0)
        {
            rubbish[0] = (byte)random.Next(6);
            rubbish.AsSpan(1, 3).Clear();
        }

        return rubbish;
    }
}
