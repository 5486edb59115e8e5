using System.Buffers.Binary;
using WireGuard.Engine.Offload;

namespace WireGuard.Tests.Offload;

/// <summary>Whatever was joined, the naive reference must cut it into the very packets again.</summary>
public sealed unsafe class PacketJoinerTests
{
    private readonly Random _random = new(6);

    [Theory]
    [InlineData(true, NaivePacket.Tcp)]
    [InlineData(false, NaivePacket.Tcp)]
    [InlineData(true, NaivePacket.Udp)]
    [InlineData(false, NaivePacket.Udp)]
    public void A_flow_becomes_one_super_packet(bool isIPv4, byte protocol)
    {
        var packets = Flow(isIPv4, protocol, 1000, 20, last: 300);
        Assert.Equal([20], AssertSamePackets(packets));
    }

    [Fact]
    public void A_super_packet_ends_at_64_packets_and_at_64_KiB()
    {
        Assert.Equal([64, 6], AssertSamePackets(Flow(true, NaivePacket.Tcp, 100, 70)));
        Assert.Equal([46, 4], AssertSamePackets(Flow(true, NaivePacket.Tcp, 1400, 50)));
        Assert.Equal([46, 4], AssertSamePackets(Flow(false, NaivePacket.Udp, 1400, 50)));
    }

    [Fact]
    public void PSH_ends_a_super_packet()
    {
        var packets = Flow(true, NaivePacket.Tcp, 500, 6);
        Change(packets[3], 33, 0x18);
        Assert.Equal([4, 2], AssertSamePackets(packets));
        Change(packets[0], 33, 0x18);
        Assert.Equal([1, 3, 2], AssertSamePackets(packets));
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
        var packets = Flow(true, NaivePacket.Tcp, 500, 3, tcpOptions: 12);
        Change(packets[1], offset, (byte)(packets[1][offset] ^ 2));
        Assert.True(AssertSamePackets(packets).SequenceEqual([1, 1, 1]), field);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_packet_whose_checksum_is_wrong_stays_as_it_is(int wrong)
    {
        foreach (var offset in new[] { 10, 36, 100 })
        {
            var packets = Flow(true, NaivePacket.Tcp, 500, 3);
            packets[wrong][offset] ^= 1;
            AssertSamePackets(packets);
        }
    }

    [Fact]
    public void UDP_stays_alone_where_the_kernel_does_not_take_it()
    {
        Assert.Equal([1, 1, 1], AssertSamePackets(Flow(true, NaivePacket.Udp, 500, 3), joinsUdp: false));
    }

    [Fact]
    public void UDP_without_a_checksum_stays_alone()
    {
        var packets = Flow(true, NaivePacket.Udp, 500, 3);
        foreach (var packet in packets)
            packet[26] = packet[27] = 0;
        Assert.Equal([1, 1, 1], AssertSamePackets(packets));
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
                var flow = Flow(_random.Next(2) == 0, protocol, _random.Next(1, 300), _random.Next(1, 12), _random.Next(1, 300), 4 * _random.Next(4));
                foreach (var packet in flow)
                    Disturb(packet);
                packets.AddRange(flow);
            }
            joined += AssertSamePackets(packets).Count(count => count > 1);
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
            Change(packet, offset, (byte)(packet[offset] ^ (1 << _random.Next(8))));
    }

    /// <summary>Packets that belong together.</summary>
    private List<byte[]> Flow(bool isIPv4, byte protocol, int size, int count, int last = 0, int tcpOptions = 0)
    {
        var start = NaivePacket.TransportStart(isIPv4, 0);
        var payload = (size * (count - 1)) + (last > 0 ? Math.Min(last, size) : size);
        var first = NaivePacket.Create(_random, isIPv4, protocol, 0, 0, tcpOptions);
        var header = first.Length;
        var packets = new List<byte[]>();
        for (var at = 0; at < payload; at += size)
        {
            var packet = new byte[header + Math.Min(size, payload - at)];
            _random.NextBytes(packet);
            first.CopyTo(packet, 0);
            if (isIPv4)
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(4)) + packets.Count));
            if (protocol == NaivePacket.Tcp)
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(start + 4), BinaryPrimitives.ReadUInt32BigEndian(first.AsSpan(start + 4)) + (uint)at);
            NaivePacket.Finish(packet, start, protocol);
            packets.Add(packet);
        }
        return packets;
    }

    /// <summary>Sets a byte and the checksums anew.</summary>
    private static void Change(byte[] packet, int offset, byte value)
    {
        var isIPv4 = packet[0] >> 4 == 4;
        var protocol = isIPv4 ? packet[9] : packet[6];
        packet[offset] = value;
        NaivePacket.Finish(packet, isIPv4 ? 20 : 40, protocol);
    }

    /// <summary>Joins, gathers and cuts again; returns how many packets went into each group.</summary>
    private static List<int> AssertSamePackets(List<byte[]> packets, bool joinsUdp = true)
    {
        var joiner = new PacketJoiner(joinsUdp);
        var groups = new List<int>();
        var result = new List<byte[]>();
        var memory = GC.AllocateArray<byte>(packets.Sum(p => p.Length), pinned: true);
        var starts = new int[packets.Count];
        var at = 0;
        for (var i = 0; i < packets.Count; i++)
        {
            packets[i].CopyTo(memory, at);
            starts[i] = at;
            at += packets[i].Length;
        }
        var begun = 0;
        for (var i = 0; i <= packets.Count; i++)
        {
            if (i < packets.Count && joiner.Count > 0 && joiner.TryJoin(Pointer(i), packets[i].Length))
                continue;
            if (joiner.Count > 0)
            {
                groups.Add(joiner.Count);
                result.AddRange(Gather(begun));
            }
            begun = i;
            if (i < packets.Count)
                joiner.Begin(Pointer(i), packets[i].Length);
        }
        Assert.Equal(packets.Select(Convert.ToHexString), result.Select(Convert.ToHexString));
        return groups;

        byte* Pointer(int index)
        {
            fixed (byte* pointer = &memory[starts[index]])
                return pointer;
        }

        List<byte[]> Gather(int first)
        {
            if (joiner.Count == 1)
                return [memory[starts[first]..(starts[first] + packets[first].Length)]];
            var header = joiner.Finish();
            var super = new List<byte>(memory[starts[first]..(starts[first] + packets[first].Length)]);
            for (var i = first + 1; i < first + joiner.Count; i++)
                super.AddRange(packets[i][joiner.HeaderLength..]);
            var cut = NaivePacket.Cut([.. super], header.ChecksumStart, header.Type == VirtioHeader.Udp ? NaivePacket.Udp : NaivePacket.Tcp, header.SegmentSize);
            Assert.Equal(joiner.Count, cut.Count);
            Assert.Equal(joiner.HeaderLength, header.HeaderLength);
            joiner.Undo();
            Assert.Equal(packets[first], memory[starts[first]..(starts[first] + packets[first].Length)]);
            return cut;
        }
    }
}
