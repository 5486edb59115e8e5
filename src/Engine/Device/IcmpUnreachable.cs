using System.Buffers.Binary;

namespace WireGuard.Engine.Device;

/// <summary>
/// "Host unreachable" (ICMP type 3 code 1, RFC 792) and "address unreachable" (ICMPv6 type 1 code 3, RFC 4443, section
/// 3.1) for a packet that no peer takes: written back into the tunnel, so that the program that sent it fails at once
/// instead of waiting. It comes from the address that could not be reached.
/// </summary>
internal static class IcmpUnreachable
{
    /// <summary>Largest message: what every IPv6 link carries (RFC 4443, section 3.1).</summary>
    internal const int MaxSize = 1280;

    private const int IcmpHeader = 8;

    // RFC 1812, section 4.3.2.3: as much of the datagram as fits into 576 bytes.
    private const int MaxIPv4Size = 576;
    private const byte ProtocolIcmp = 1;
    private const byte ProtocolIcmpV6 = 58;

    /// <summary>Writes the answer to <paramref name="packet"/> and returns its length; 0 when none may be given.</summary>
    internal static int Write(Span<byte> message, ReadOnlySpan<byte> packet) => IpPacket.Version(packet) switch
    {
        4 => Write4(message, packet),
        6 => Write6(message, packet),
        _ => 0,
    };

    private static int Write4(Span<byte> message, ReadOnlySpan<byte> packet)
    {
        if (!MayAnswer4(packet))
            return 0;
        var quoted = Math.Min(packet.Length, MaxIPv4Size - IpPacket.MinimumIPv4Header - IcmpHeader);
        var length = IpPacket.MinimumIPv4Header + IcmpHeader + quoted;
        var header = message[..IpPacket.MinimumIPv4Header];
        header.Clear();
        header[0] = 0x45;
        header[1] = 0xC0;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
        header[8] = 64;
        header[9] = ProtocolIcmp;
        packet.Slice(16, 4).CopyTo(header[12..]);
        packet.Slice(12, 4).CopyTo(header[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Finish(InternetChecksum.Add(0, header)));

        var icmp = message[IpPacket.MinimumIPv4Header..length];
        WriteBody(icmp, type: 3, code: 1, packet[..quoted]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], InternetChecksum.Finish(InternetChecksum.Add(0, icmp)));
        return length;
    }

    private static int Write6(Span<byte> message, ReadOnlySpan<byte> packet)
    {
        if (!MayAnswer6(packet))
            return 0;
        var quoted = Math.Min(packet.Length, MaxSize - IpPacket.IPv6Header - IcmpHeader);
        var length = IpPacket.IPv6Header + IcmpHeader + quoted;
        var header = message[..IpPacket.IPv6Header];
        header.Clear();
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(length - IpPacket.IPv6Header));
        header[6] = ProtocolIcmpV6;
        header[7] = 64;
        packet.Slice(24, 16).CopyTo(header[8..]);
        packet.Slice(8, 16).CopyTo(header[24..]);

        var icmp = message[IpPacket.IPv6Header..length];
        WriteBody(icmp, type: 1, code: 3, packet[..quoted]);
        // The pseudo-header (RFC 8200, section 8.1): addresses, length, next header.
        var sum = InternetChecksum.Add((ulong)icmp.Length + ProtocolIcmpV6, header.Slice(8, 32));
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], InternetChecksum.Finish(InternetChecksum.Add(sum, icmp)));
        return length;
    }

    private static void WriteBody(Span<byte> icmp, byte type, byte code, ReadOnlySpan<byte> quoted)
    {
        icmp[..IcmpHeader].Clear();
        icmp[0] = type;
        icmp[1] = code;
        quoted.CopyTo(icmp[IcmpHeader..]);
    }

    // No errors about errors, broadcasts, or fragments but the first (RFC 1122, section 3.2.2).
    private static bool MayAnswer4(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < IpPacket.MinimumIPv4Header)
            return false;
        var headerLength = (packet[0] & 0xF) * 4;
        var isLaterFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1FFF) != 0;
        var isGroup = packet[16] >= 224 || packet[12] >= 224 || BinaryPrimitives.ReadUInt32BigEndian(packet[12..]) == 0;
        // Types 3, 4, 5, 11 and 12 are errors; the rest of ICMP asks or answers.
        var isIcmpError = packet[9] == ProtocolIcmp && packet.Length > headerLength && packet[headerLength] is 3 or 4 or 5 or 11 or 12;
        return !isLaterFragment && !isGroup && !isIcmpError;
    }

    private static bool MayAnswer6(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < IpPacket.IPv6Header)
            return false;
        var isGroup = packet[24] == 0xFF || packet[8] == 0xFF || packet.Slice(8, 16).IndexOfAnyExcept((byte)0) < 0;
        var isIcmpError = packet[6] == ProtocolIcmpV6 && packet.Length > IpPacket.IPv6Header && packet[IpPacket.IPv6Header] < 128;
        return !isGroup && !isIcmpError;
    }
}
