using System.Buffers.Binary;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Device;

namespace WireGuard.Fuzz;

/// <summary>
/// Whatever a program on the host may write into A's TUN, with a session and without. B gets what is B's, unharmed and in
/// order; a refusal is a right ICMP message to the one who sent; nothing else goes anywhere.
/// </summary>
internal sealed class TunTarget : IFuzzTarget
{
    private const int MostAdded = 15 + MessageFormat.MinimumTransportSize;

    private readonly World _world = new();

    // Of all datagrams so far: packets may have waited for a session.
    private int _longest = MessageFormat.InitiationSize;

    public string Name => "tun";

    public byte[] Make(Random random) => Dice.Throw(random, 200);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        _world.Pass(dice.OneIn(32) ? TimeSpan.FromSeconds(100 + dice.Next(200)) : TimeSpan.FromMilliseconds(dice.Next(100)));
        // What waits for a session is padded when it is sent, and was judged by the MTU that there was before.
        if (dice.OneIn(32) && _world.Pair.PeerAtA.Staged.Count == 0)
            _world.Pair.A.Tun.SetMtu(dice.OneIn(2) ? 1420 : 68 + dice.Next(4000));
        _world.AssertTunsEmpty();
        _world.Sent.Clear();

        var expected = new Queue<byte[]>();
        for (var packets = 1 + dice.Next(6); packets > 0; packets--)
        {
            var packet = Make(dice);
            _longest = Math.Max(_longest, packet.Length + MostAdded);
            if (WhatBGets(packet, _world.Pair.A.Tun.Mtus.Link) is { } arriving)
                expected.Enqueue(arriving);
            _world.Pair.A.Tun.Inject(packet);
        }

        _world.Pair.Settle();
        while (_world.Pair.B.Tun.TakeOrNull() is { } packet)
            AssertNext(expected, packet);
        while (expected.Count > 0 && _world.AwaitArrival(_world.Pair.B) is { } late)
            AssertNext(expected, late);

        Assert.Empty(expected);
        while (_world.Pair.A.Tun.TakeOrNull() is { } refusal)
            CheckRefusal(refusal);
        Assert.DoesNotContain(_world.Sent, s => s.Bytes.Length > _longest);
    }

    private static void AssertNext(Queue<byte[]> expected, byte[] packet)
    {
        Assert.True(expected.TryDequeue(out var next), $"came out unexpectedly: {Convert.ToHexStringLower(packet)}");
        Assert.Equal(next, packet);
    }

    public void CheckHealth() => _world.CheckHonestTraffic();

    public void Dispose() => _world.Dispose();

    // The insider's share is B's here.
    private static byte[] Make(Dice dice)
    {
        var packet = InnerPacket.Make(dice);
        if (packet.Length < 40 || dice.OneIn(3))
            return packet;
        var isV6 = packet[0] >> 4 == 6;
        TestPacket.Make(isV6 ? "fd00::1" : "10.0.0.1", isV6 ? "fd00::2" : "10.0.0.2").AsSpan(isV6 ? 8 : 12, isV6 ? 32 : 8).CopyTo(packet.AsSpan(isV6 ? 8 : 12));
        return packet;
    }

    // A looks at the destination alone, B at the rest.
    private static byte[]? WhatBGets(byte[] packet, int mtu)
    {
        var isV4 = packet.Length >= 20 && packet[0] >> 4 == 4;
        var isV6 = packet.Length >= 40 && packet[0] >> 4 == 6;
        if ((!isV4 && !isV6) || !InnerPacket.IsIn(InnerPacket.Destination(packet), World.AllowedIPsOfB))
            return null;
        // A packet that claims to be longer than it is may find its end in the padding, which stops at the MTU.
        var last = packet.Length > mtu ? packet.Length % mtu : packet.Length;
        var padding = Math.Min(mtu, (last + 15) / 16 * 16) - last;
        var arriving = InnerPacket.Unpad([.. packet, .. new byte[padding]]);
        return arriving is not null && InnerPacket.IsIn(InnerPacket.Source(packet), World.AllowedIPsOfA) ? arriving : null;
    }

    private static void CheckRefusal(byte[] packet)
    {
        if (packet[0] >> 4 == 4)
        {
            Assert.Equal(packet.Length, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2)));
            Assert.Equal(0, TestPacket.Checksum(packet.AsSpan(0, 20)));
            Assert.Equal(0, TestPacket.Checksum(packet.AsSpan(20)));
            Assert.Equal((1, 3, 1), (packet[9], packet[20], packet[21]));
            Assert.InRange(packet.Length, 48, 576);
            Assert.Equal(InnerPacket.Source(packet), InnerPacket.Destination(packet[28..]));
            Assert.Equal(InnerPacket.Destination(packet), InnerPacket.Source(packet[28..]));
            return;
        }

        Assert.Equal(packet.Length, 40 + BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(4)));
        Assert.Equal((58, 1, 3), (packet[6], packet[40], packet[41]));
        byte[] summed = [.. packet[8..40], 0, 0, .. packet[4..6], 0, 0, 0, 58, .. packet[40..]];
        Assert.Equal(0, TestPacket.Checksum(summed));
        Assert.InRange(packet.Length, 88, 1280);
        Assert.Equal(InnerPacket.Source(packet), InnerPacket.Destination(packet[48..]));
        Assert.Equal(InnerPacket.Destination(packet), InnerPacket.Source(packet[48..]));
    }
}
