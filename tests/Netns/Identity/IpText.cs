using System.Buffers.Binary;
using System.Net;
using WireGuard.Tests.Offload;

namespace WireGuard.Tests.Identity;

/// <summary>What a third party reads in an IP packet.</summary>
internal static class IpText
{
    private const byte IPv6Fragment = 44;

    /// <summary>Where the transport header is, and whose it is.</summary>
    public static (int Start, byte Protocol) Transport(byte[] packet) =>
        IsIPv4(packet) ? ((packet[0] & 0xF) * 4, packet[9]) : (40, packet[6]);

    /// <summary>Whether it goes between these two, either way, as TCP, UDP or a piece of them.</summary>
    public static bool IsBetween(byte[] packet, IPAddress one, IPAddress other)
    {
        if (packet.Length < (IsIPv4(packet) ? 20 : 40))
            return false;
        var (source, destination) = IsIPv4(packet) ? (packet[12..16], packet[16..20]) : (packet[8..24], packet[24..40]);
        return Transport(packet).Protocol is NaivePacket.Tcp or NaivePacket.Udp or IPv6Fragment
            && ((Is(source, one) && Is(destination, other)) || (Is(source, other) && Is(destination, one)));

        static bool Is(byte[] bytes, IPAddress address) => address.GetAddressBytes().AsSpan().SequenceEqual(bytes);
    }

    /// <summary>Lengths and checksums are right; of a fragment, what can be told of one.</summary>
    public static bool IsRight(byte[] packet)
    {
        var (start, protocol) = Transport(packet);
        if (IsFragment(packet))
            return !IsIPv4(packet) || NaivePacket.Checksum(packet[..start]) == 0;
        // RFC 768: zero says that the sender made none.
        if (IsIPv4(packet) && protocol == NaivePacket.Udp && packet[start + 6] == 0 && packet[start + 7] == 0)
            return NaivePacket.Checksum(packet[..start]) == 0;
        return NaivePacket.IsRight(packet, start, protocol);
    }

    /// <summary>As a router sends it on.</summary>
    public static byte[] Forwarded(byte[] packet)
    {
        byte[] after = [.. packet];
        if (!IsIPv4(packet))
        {
            after[7]--;
            return after;
        }

        after[8]--;
        after[10] = after[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(after.AsSpan(10), NaivePacket.Checksum(after[..Transport(packet).Start]));
        return after;
    }

    /// <summary>Without what tells IPv4 packets apart for their reassembly, and the header's checksum that covers it.</summary>
    public static byte[] WithoutIdentification(byte[] packet)
    {
        byte[] without = [.. packet];
        if (IsIPv4(packet))
            without[4] = without[5] = without[10] = without[11] = 0;
        return without;
    }

    /// <summary>Packets of one flow keep their order; this tells flows apart.</summary>
    public static string Flow(byte[] packet)
    {
        var (start, protocol) = Transport(packet);
        var addresses = IsIPv4(packet) ? packet[12..20] : packet[8..40];
        return $"{protocol} {Convert.ToHexString(addresses)} {(IsFragment(packet) ? "fragments" : Convert.ToHexString(packet, start, 4))}";
    }

    private static bool IsIPv4(byte[] packet) => packet[0] >> 4 == 4;

    private static bool IsFragment(byte[] packet) =>
        IsIPv4(packet) ? ((packet[6] & 0x3F) | packet[7]) != 0 : packet[6] == IPv6Fragment;
}
