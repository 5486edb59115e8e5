using System.Buffers.Binary;

namespace WireGuard.Tests.Offload;

/// <summary>TCP and UDP packets by the book, a byte at a time: what the fast code is held against.</summary>
internal static class NaivePacket
{
    public const byte Tcp = 6;
    public const byte Udp = 17;

    /// <summary>A packet with random addresses and fields, whole and with right checksums.</summary>
    public static byte[] Create(Random random, bool isIPv4, byte protocol, int payload, int ipOptions = 0, int tcpOptions = 0)
    {
        var start = TransportStart(isIPv4, ipOptions);
        var header = protocol == Tcp ? 20 + tcpOptions : 8;
        var packet = new byte[start + header + payload];
        random.NextBytes(packet);
        if (isIPv4)
        {
            packet[0] = (byte)(0x40 | (start / 4));
            packet[6] = 0x40;
            packet[7] = 0;
            packet[9] = protocol;
        }
        else
        {
            packet[0] = (byte)(0x60 | (packet[0] & 0xF));
            packet[6] = ipOptions > 0 ? (byte)0 : protocol;
            if (ipOptions > 0)
            {
                packet[40] = protocol;
                packet[41] = (byte)((ipOptions / 8) - 1);
            }
        }
        if (protocol == Tcp)
        {
            packet[start + 12] = (byte)(header / 4 << 4);
            packet[start + 13] = 0x10;
        }
        Finish(packet, start, protocol);
        return packet;
    }

    public static int TransportStart(bool isIPv4, int ipOptions) => (isIPv4 ? 20 : 40) + ipOptions;

    public static int HeaderLength(byte[] packet, int start, byte protocol) => start + (protocol == Tcp ? packet[start + 12] >> 4 << 2 : 8);

    /// <summary>Sets lengths and checksums to what the packet is.</summary>
    public static void Finish(byte[] packet, int start, byte protocol)
    {
        if (packet[0] >> 4 == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet[10] = packet[11] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet[..start]));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        }
        if (protocol == Udp)
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(start + 4), (ushort)(packet.Length - start));
        var field = start + (protocol == Tcp ? 16 : 6);
        packet[field] = packet[field + 1] = 0;
        var checksum = Checksum([.. PseudoHeader(packet, start, protocol), .. packet[start..]]);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(field), checksum == 0 ? (ushort)0xFFFF : checksum);
    }

    /// <summary>What a third party finds that verifies lengths and checksums.</summary>
    public static bool IsRight(byte[] packet, int start, byte protocol)
    {
        var length = packet[0] >> 4 == 4
            ? BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2))
            : BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(4)) + 40;
        return length == packet.Length
            && (packet[0] >> 4 != 4 || Checksum(packet[..start]) == 0)
            && (protocol != Udp || BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(start + 4)) == packet.Length - start)
            && Checksum([.. PseudoHeader(packet, start, protocol), .. packet[start..]]) == 0;
    }

    /// <summary>Segments as the kernel would have made them.</summary>
    public static List<byte[]> Cut(byte[] super, int start, byte protocol, int segmentSize)
    {
        var header = HeaderLength(super, start, protocol);
        var segments = new List<byte[]>();
        for (var at = header; at < super.Length; at += segmentSize)
        {
            byte[] segment = [.. super[..header], .. super.AsSpan(at, Math.Min(segmentSize, super.Length - at))];
            if (segment[0] >> 4 == 4)
                BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(4), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(super.AsSpan(4)) + segments.Count));
            if (protocol == Tcp)
            {
                BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(start + 4), BinaryPrimitives.ReadUInt32BigEndian(super.AsSpan(start + 4)) + (uint)(at - header));
                if (at > header)
                    segment[start + 13] &= 0x7F;
                if (at + segmentSize < super.Length)
                    segment[start + 13] &= 0xF6;
            }
            Finish(segment, start, protocol);
            segments.Add(segment);
        }
        return segments;
    }

    public static ushort Checksum(byte[] bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (ushort)~sum;
    }

    private static byte[] PseudoHeader(byte[] packet, int start, byte protocol)
    {
        var addresses = packet[0] >> 4 == 4 ? packet[12..20] : packet[8..40];
        var length = packet.Length - start;
        return [.. addresses, 0, protocol, (byte)(length >> 8), (byte)length];
    }
}
