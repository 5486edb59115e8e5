namespace WireGuard.Tests.Offload;

/// <summary>Whatever was joined, the naive reference must cut it into the very packets again.</summary>
public sealed class PacketJoinerTests
{
    private readonly Random _random = new(6);

    [Theory]
    [InlineData(true, NaivePacket.Tcp)]
    [InlineData(false, NaivePacket.Tcp)]
    [InlineData(true, NaivePacket.Udp)]
    [InlineData(false, NaivePacket.Udp)]
    public void A_flow_becomes_one_super_packet(bool isIPv4, byte protocol)
    {
        var packets = PacketFlows.Flow(_random, isIPv4, protocol, 1000, 20, last: 300);
        Assert.Equal([20], PacketFlows.AssertSame(packets));
    }

    [Fact]
    public void A_super_packet_ends_at_64_packets_and_at_64_KiB()
    {
        Assert.Equal([64, 6], PacketFlows.AssertSame(PacketFlows.Flow(_random, true, NaivePacket.Tcp, 100, 70)));
        Assert.Equal([46, 4], PacketFlows.AssertSame(PacketFlows.Flow(_random, true, NaivePacket.Tcp, 1400, 50)));
        Assert.Equal([46, 4], PacketFlows.AssertSame(PacketFlows.Flow(_random, false, NaivePacket.Udp, 1400, 50)));
    }

    [Fact]
    public void PSH_ends_a_super_packet()
    {
        var packets = PacketFlows.Flow(_random, true, NaivePacket.Tcp, 500, 6);
        PacketFlows.Change(packets[3], 33, 0x18);
        Assert.Equal([4, 2], PacketFlows.AssertSame(packets));
        PacketFlows.Change(packets[0], 33, 0x18);
        Assert.Equal([1, 3, 2], PacketFlows.AssertSame(packets));
    }

    [Theory]
    [InlineData(1, "type of service")]
    [InlineData(5, "identification")]
    [InlineData(6, "fragment bits")]
    [InlineData(8, "time to live")]
    [InlineData(15, "source address")]
    [InlineData(19, "destination address")]
    [InlineData(21, "source port")]
    [InlineData(23, "destination port")]
    [InlineData(27, "sequence number")]
    [InlineData(31, "acknowledgement")]
    [InlineData(33, "flags")]
    [InlineData(35, "window")]
    [InlineData(39, "urgent pointer")]
    [InlineData(43, "options")]
    public void A_packet_that_differs_in_a_field_does_not_join(int offset, string field)
    {
        var packets = PacketFlows.Flow(_random, true, NaivePacket.Tcp, 500, 3, tcpOptions: 12);
        PacketFlows.Change(packets[1], offset, (byte)(packets[1][offset] ^ 2));
        Assert.True(PacketFlows.AssertSame(packets).SequenceEqual([1, 1, 1]), field);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_packet_whose_checksum_is_wrong_stays_as_it_is(int wrong)
    {
        foreach (var offset in new[] { 10, 36, 100 })
        {
            var packets = PacketFlows.Flow(_random, true, NaivePacket.Tcp, 500, 3);
            packets[wrong][offset] ^= 1;
            PacketFlows.AssertSame(packets);
        }
    }

    [Fact]
    public void UDP_stays_alone_where_the_kernel_does_not_take_it()
    {
        Assert.Equal([1, 1, 1], PacketFlows.AssertSame(PacketFlows.Flow(_random, true, NaivePacket.Udp, 500, 3), joinsUdp: false));
    }

    [Fact]
    public void UDP_without_a_checksum_stays_alone()
    {
        var packets = PacketFlows.Flow(_random, true, NaivePacket.Udp, 500, 3);
        foreach (var packet in packets)
            packet[26] = packet[27] = 0;
        Assert.Equal([1, 1, 1], PacketFlows.AssertSame(packets));
    }

    [Fact]
    public void Whatever_comes_leaves_as_it_came()
    {
        var joined = 0;
        for (var round = 0; round < 400; round++)
        {
            var packets = new List<byte[]>();
            while (packets.Count < 40)
            {
                var protocol = _random.Next(3) == 0 ? NaivePacket.Udp : NaivePacket.Tcp;
                var flow = PacketFlows.Flow(_random, _random.Next(2) == 0, protocol, _random.Next(1, 300), _random.Next(1, 12), _random.Next(1, 300), 4 * _random.Next(4));
                foreach (var packet in flow)
                    Disturb(packet);
                packets.AddRange(flow);
            }
            joined += PacketFlows.AssertSame(packets).Count(count => count > 1);
        }
        Assert.True(joined > 500, $"{joined} super-packets were made");
    }

    /// <summary>Now and then a byte is another, with right checksums or without, or the packet ends early.</summary>
    private void Disturb(byte[] packet)
    {
        var kind = _random.Next(12);
        var offset = _random.Next(Math.Min(packet.Length, 70));
        if (kind == 0)
            packet[offset] ^= (byte)(1 << _random.Next(8));
        else if (kind == 1 && offset >= 1)
            PacketFlows.Change(packet, offset, (byte)(packet[offset] ^ (1 << _random.Next(8))));
    }
}
