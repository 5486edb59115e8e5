using System.Buffers.Binary;
using WireGuard.Engine.Offload;

namespace WireGuard.Tests.Offload;

/// <summary>Flows of packets, and what must become of any packets when they are joined.</summary>
internal static unsafe class PacketFlows
{
    /// <summary>Packets that belong together.</summary>
    public static List<byte[]> Flow(Random random, bool isIPv4, byte protocol, int size, int count, int last = 0, int tcpOptions = 0)
    {
        var start = NaivePacket.TransportStart(isIPv4, 0);
        var payload = (size * (count - 1)) + (last > 0 ? Math.Min(last, size) : size);
        var first = NaivePacket.Create(random, isIPv4, protocol, 0, 0, tcpOptions);
        var header = first.Length;
        var packets = new List<byte[]>();
        for (var at = 0; at < payload; at += size)
        {
            var packet = new byte[header + Math.Min(size, payload - at)];
            random.NextBytes(packet);
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
    public static void Change(byte[] packet, int offset, byte value)
    {
        var isIPv4 = packet[0] >> 4 == 4;
        var protocol = isIPv4 ? packet[9] : packet[6];
        packet[offset] = value;
        NaivePacket.Finish(packet, isIPv4 ? 20 : 40, protocol);
    }

    /// <summary>Joins, gathers and cuts again; returns how many packets went into each group.</summary>
    public static List<int> AssertSame(List<byte[]> packets, bool joinsUdp = true)
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
