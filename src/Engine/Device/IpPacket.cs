using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Device;

/// <summary>An address as the trie wants it: IPv4 in the top 32 bits of High. Family 4, 6, or 0 for "no IP packet".</summary>
internal readonly record struct PacketAddress(byte Family, ulong High, ulong Low);

/// <summary>The few fields of IPv4 (RFC 791) and IPv6 (RFC 8200) headers that a tunnel looks at.</summary>
internal static class IpPacket
{
    internal const int MinimumIPv4Header = 20;
    internal const int IPv6Header = 40;

    private const int EcnMask = 3;
    private const int EcnCongestion = 3;
    private const int EcnCapable0 = 2;

    internal static int Version(ReadOnlySpan<byte> packet) => packet.IsEmpty ? 0 : packet[0] >> 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static PacketAddress Destination(ReadOnlySpan<byte> packet) => Address(packet, 16, 24);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static PacketAddress Source(ReadOnlySpan<byte> packet) => Address(packet, 12, 8);

    /// <summary>
    /// Length that the header claims, or -1 when there is no whole header or the claim is more than there is. What
    /// follows it is padding.
    /// </summary>
    internal static int TotalLength(ReadOnlySpan<byte> packet)
    {
        int length;
        int minimum;
        switch (Version(packet))
        {
            case 4 when packet.Length >= MinimumIPv4Header:
                length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
                minimum = MinimumIPv4Header;
                break;
            case 6 when packet.Length >= IPv6Header:
                length = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) + IPv6Header;
                minimum = IPv6Header;
                break;
            default:
                return -1;
        }

        return length >= minimum && length <= packet.Length ? length : -1;
    }

    /// <summary>Traffic class octet, 0 for what is no IP packet.</summary>
    internal static byte TrafficClass(ReadOnlySpan<byte> packet) => Version(packet) switch
    {
        4 when packet.Length >= 2 => packet[1],
        6 when packet.Length >= 2 => (byte)((packet[0] << 4) | (packet[1] >> 4)),
        _ => 0,
    };

    /// <summary>ECN bits for the outer header; congestion marks start afresh outside (RFC 6040, section 4.1, normal mode of the kernel's tunnels).</summary>
    internal static byte OuterEcn(ReadOnlySpan<byte> inner)
    {
        var ecn = TrafficClass(inner) & EcnMask;
        return (byte)(ecn == EcnCongestion ? EcnCapable0 : ecn);
    }

    /// <summary>Hands a congestion mark of the outer header on to an inner packet whose sender understands it (RFC 6040, section 4.2).</summary>
    internal static void CopyCongestionIn(Span<byte> inner, byte outerTrafficClass)
    {
        if ((outerTrafficClass & EcnMask) != EcnCongestion)
            return;
        var ecn = TrafficClass(inner) & EcnMask;
        if (ecn is 0 or EcnCongestion)
            return;
        if (Version(inner) == 6)
        {
            inner[1] |= EcnCongestion << 4;
            return;
        }

        // One octet changed in the low byte of the first word: RFC 1624, eqn. 3.
        var before = BinaryPrimitives.ReadUInt16BigEndian(inner);
        inner[1] |= EcnCongestion;
        var after = BinaryPrimitives.ReadUInt16BigEndian(inner);
        var sum = (uint)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(inner[10..]) + (ushort)~before + after;
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(inner[10..], (ushort)~sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static PacketAddress Address(ReadOnlySpan<byte> packet, int offset4, int offset6)
    {
        if (packet.Length >= MinimumIPv4Header && packet[0] >> 4 == 4)
            return new PacketAddress(4, (ulong)BinaryPrimitives.ReadUInt32BigEndian(packet[offset4..]) << 32, 0);
        if (packet.Length >= IPv6Header && packet[0] >> 4 == 6)
            return new PacketAddress(6, BinaryPrimitives.ReadUInt64BigEndian(packet[offset6..]), BinaryPrimitives.ReadUInt64BigEndian(packet[(offset6 + 8)..]));
        return default;
    }
}
