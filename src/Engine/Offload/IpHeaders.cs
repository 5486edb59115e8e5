using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Offload;

/// <summary>Positions in IPv4, IPv6, TCP and UDP headers, and big-endian access to them.</summary>
internal static unsafe class IpHeaders
{
    public const byte Tcp = 6;
    public const byte Udp = 17;

    public const int IPv4 = 20;
    public const int IPv6 = 40;
    public const int TcpMinimum = 20;
    public const int UdpHeader = 8;

    public const int IPv4Length = 2;
    public const int IPv4Identification = 4;
    public const int IPv6Length = 4;

    public const int TcpSequence = 4;
    public const int TcpFlags = 13;
    public const int TcpChecksum = 16;
    public const int UdpLength = 4;
    public const int UdpChecksum = 6;

    public const byte Fin = 0x01;
    public const byte Psh = 0x08;
    public const byte Ack = 0x10;
    public const byte Cwr = 0x80;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Read16(byte* at) => BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(at, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read32(byte* at) => BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(at, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write16(byte* at, int value) => BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(at, 2), (ushort)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write32(byte* at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(at, 4), value);

    /// <summary>Bytes of a TCP header as its data offset says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TcpHeaderLength(byte* tcp) => (tcp[12] >> 4) * 4;

    /// <summary>Writes the length of an IP packet into its header; IPv4's checksum follows apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteLength(byte* ip, bool isIPv4, int length)
    {
        if (isIPv4)
            Write16(ip + IPv4Length, length);
        else
            Write16(ip + IPv6Length, length - IPv6);
    }
}
