using System.Buffers.Binary;
using System.Net;

namespace WireGuard.Fuzz;

/// <summary>IP packets that are mostly right, and what a receiver has to make of them, written without the engine's code.</summary>
internal static class InnerPacket
{
    /// <summary>Addresses of everybody in a <see cref="World"/>, and of nobody.</summary>
    private static readonly IPAddress[] s_addresses =
    [
        .. new[]
        {
            "10.0.0.9", "10.0.0.2", "10.0.0.1", "10.9.1.1", "10.9.9.9", "10.9.255.255", "10.10.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1",
            "127.0.0.1", "fd00::9", "fd00::2", "fd00::1", "fd00::a", "::", "::1", "ff02::1", "::ffff:10.0.0.9", "fe80::1",
        }.Select(IPAddress.Parse),
    ];

    private const int MostLarge = 65_000;

    internal static byte[] Make(Dice dice)
    {
        if (dice.OneIn(10))
            return dice.Bytes(dice.Next(80));
        var size = dice.Next(6) switch
        {
            0 => dice.Next(4),
            1 => dice.Next(64),
            2 or 3 => dice.Next(1400),
            4 => 1360 + dice.Next(200),
            _ => dice.OneIn(16) ? dice.Next(MostLarge) : dice.Next(1400),
        };
        var isV6 = dice.OneIn(3);
        var header = isV6 ? 40 : 20;
        var packet = dice.Bytes(header + size);
        packet[0] = (byte)((isV6 ? 0x60 : 0x45) | (packet[0] & (dice.OneIn(4) ? 15 : 0)));
        packet[1] = 0;
        Write(packet, isV6 ? 8 : 12, isV6, dice);
        Write(packet, isV6 ? 24 : 16, isV6, dice);
        WriteLength(packet, isV6, dice);
        if (dice.OneIn(12))
            packet[dice.Next(header)] = dice.NextByte();
        if (!isV6)
            packet[9] = dice.OneIn(3) ? (byte)1 : packet[9];
        // Padding, as a sender adds it.
        return dice.OneIn(2) ? [.. packet, .. new byte[(16 - (packet.Length % 16)) % 16]] : packet;
    }

    /// <summary>The packet without padding, or null when it is none that may come out of a tunnel.</summary>
    internal static byte[]? Unpad(byte[] packet)
    {
        if (packet.Length >= 20 && packet[0] >> 4 == 4)
            return Cut(packet, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2)), 20);
        if (packet.Length >= 40 && packet[0] >> 4 == 6)
            return Cut(packet, 40 + BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(4)), 40);
        return null;
    }

    /// <summary>Of a packet that is whole.</summary>
    internal static IPAddress Source(byte[] packet) => new(packet[0] >> 4 == 4 ? packet.AsSpan(12, 4) : packet.AsSpan(8, 16));

    /// <inheritdoc cref="Source"/>
    internal static IPAddress Destination(byte[] packet) => new(packet[0] >> 4 == 4 ? packet.AsSpan(16, 4) : packet.AsSpan(24, 16));

    /// <summary>An IPv4 address inside an IPv6 one is no IPv4 address.</summary>
    internal static bool IsIn(IPAddress address, IEnumerable<IPNetwork> prefixes) =>
        prefixes.Any(p => p.BaseAddress.AddressFamily == address.AddressFamily && p.Contains(address));

    private static byte[]? Cut(byte[] packet, int length, int minimum) => length >= minimum && length <= packet.Length ? packet[..length] : null;

    private static void Write(byte[] packet, int offset, bool isV6, Dice dice)
    {
        // Often enough the first: the insider's.
        var candidates = s_addresses.Where(a => a.GetAddressBytes().Length == (isV6 ? 16 : 4)).ToArray();
        candidates[dice.OneIn(2) ? 0 : dice.Next(candidates.Length)].TryWriteBytes(packet.AsSpan(offset), out _);
    }

    private static void WriteLength(byte[] packet, bool isV6, Dice dice)
    {
        var right = isV6 ? packet.Length - 40 : packet.Length;
        var length = dice.Next(12) switch
        {
            0 => right + 1,
            1 => right - 1,
            2 => dice.Next(65_536),
            3 => dice.Next(41),
            4 => 65_535,
            _ => right,
        };
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(isV6 ? 4 : 2), (ushort)length);
    }
}
