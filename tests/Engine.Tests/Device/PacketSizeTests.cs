namespace WireGuard.Tests.Device;

/// <summary>Packets of every size the link can have, and padding that never passes the MTU.</summary>
public sealed class PacketSizeTests
{
    private const int Overhead = 32;

    [Theory]
    [InlineData(1280)]
    [InlineData(1420)]
    [InlineData(9000)]
    [InlineData(34_736)]
    [InlineData(65_475)]
    public void Packets_as_large_as_the_MTU_arrive_whole_in_both_families_and_directions(int mtu)
    {
        using var pair = new DevicePair();
        pair.A.Tun.SetMtu(mtu);
        pair.B.Tun.SetMtu(mtu);
        // The first waits for the session among the staged, the others find it there.
        for (var i = 0; i < 3; i++)
        {
            var four = TestPacket.Make("10.0.0.1", "10.0.0.2", mtu - 28 - i);
            Assert.Equal(four, pair.SendAtoB(four));
            var six = TestPacket.Make("fd00::2", "fd00::1", mtu - 48 - i);
            Assert.Equal(six, pair.SendBtoA(six));
        }
    }

    [Fact]
    public void A_whole_batch_of_the_largest_packets_arrives()
    {
        using var pair = new DevicePair();
        pair.A.Tun.SetMtu(34_736);
        for (var i = 0; i < 300; i++)
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2", 34_708 - (i % 40)));
        pair.Settle();
        // Those that waited were at most 128; the rest came after them.
        for (var i = 300 - pair.B.Tun.Delivered; i < 300; i++)
            Assert.Equal(TestPacket.Make("10.0.0.1", "10.0.0.2", 34_708 - (i % 40)), pair.B.Tun.TakeOrNull());
    }

    [Theory]
    // An MTU that is no multiple of 16: padding stops there.
    [InlineData(1420, 1420, 1420)]
    [InlineData(1420, 1409, 1420)]
    [InlineData(1420, 1408, 1408)]
    [InlineData(1425, 1418, 1424)]
    [InlineData(1500, 1420, 1424)]
    // None known: always to the multiple.
    [InlineData(0, 1420, 1424)]
    [InlineData(0, 28, 32)]
    // Longer than the MTU: what is over a multiple of it is padded as the kernel driver pads it.
    [InlineData(1280, 1420, 1424)]
    [InlineData(100, 320, 332)]
    [InlineData(100, 395, 396)]
    [InlineData(100, 397, 400)]
    [InlineData(64, 128, 128)]
    [InlineData(34_736, 34_735, 34_736)]
    public void Padding_is_the_kernel_drivers(int mtu, int length, int padded)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", length - 28);
        Assert.Equal(packet, pair.SendAtoB(packet));
        pair.A.Tun.SetMtu(mtu);
        var sent = pair.Capture();
        Assert.Equal(packet, pair.SendAtoB(packet));
        Assert.Equal(padded + Overhead, Assert.Single(sent).Bytes.Length);
    }

    [Theory]
    // The link has 1,420, routes 1,300 and 1,410: a packet obeys the smallest that holds it, whichever way it went.
    [InlineData(1280, 1280)]
    [InlineData(1281, 1296)]
    [InlineData(1297, 1300)]
    [InlineData(1300, 1300)]
    [InlineData(1301, 1312)]
    [InlineData(1409, 1410)]
    [InlineData(1411, 1420)]
    [InlineData(28, 32)]
    public void Padding_never_passes_the_MTU_of_a_route(int length, int padded)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", length - 28);
        Assert.Equal(packet, pair.SendAtoB(packet));
        pair.A.Tun.SetMtu(1420, [1410, 1300, 1300, 1500, 0]);
        var sent = pair.Capture();
        Assert.Equal(packet, pair.SendAtoB(packet));
        Assert.Equal(padded + Overhead, Assert.Single(sent).Bytes.Length);
    }

    [Fact]
    public void An_MTU_changed_while_running_counts_from_the_next_packet_on_and_is_shown()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", 1420 - 28);
        Assert.Equal(packet, pair.SendAtoB(packet));
        var sent = pair.Capture();
        foreach (var mtu in new[] { 1420, 1500, 1421, 34_736, 1420 })
        {
            pair.A.Tun.SetMtu(mtu);
            Assert.Equal(packet, pair.SendAtoB(packet));
            using var snapshot = pair.A.Device.Snapshot();
            Assert.Equal(mtu, snapshot.Mtu);
        }

        Assert.Equal([1420, 1424, 1421, 1424, 1420], sent.Select(m => m.Bytes.Length - Overhead));
    }

    [Fact]
    public void Padding_is_zero_bytes_and_is_cut_off_at_the_other_end()
    {
        using var pair = new DevicePair();
        // The slot's memory was used before: what lies behind the packet is not its own.
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2", 1000)));
        for (var payload = 0; payload < 40; payload++)
        {
            var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", payload);
            Assert.Equal(packet, pair.SendAtoB(packet));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(19)]
    public void Something_shorter_than_an_IP_header_is_not_sent(int length)
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        var sent = pair.Capture();
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2").AsSpan(0, length));
        pair.Settle();
        Assert.Empty(sent);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_datagram_of_65_507_bytes_of_any_type_is_dropped(byte type)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        var huge = new byte[65_507];
        huge[0] = type;
        BitConverter.TryWriteBytes(huge.AsSpan(4), pair.PeerAtB.Keypairs.Current!.LocalIndex);
        huge[8] = 9;
        for (var i = 0; i < 130; i++)
            pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, huge);
        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(packet, pair.SendAtoB(packet));
    }
}
