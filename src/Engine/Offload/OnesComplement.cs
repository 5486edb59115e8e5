using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Offload;

/// <summary>
/// The Internet checksum (RFC 1071), in words of the host's byte order: the sum is the same in either, as long as words are
/// read and written the same way. Sums are kept unfolded in 64 bits.
/// </summary>
internal static unsafe class OnesComplement
{
    private const uint LowHalves = 0xFFFF;

    /// <summary>Sum of the bytes as 16-bit words, an odd last one filled up by a zero. Up to 64 KiB.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Sum(byte* bytes, int length)
    {
        ulong sum = 0;
        if (length >= 32)
        {
            // 32-bit lanes take 65,537 words each before they could overflow.
            var low = Vector256<uint>.Zero;
            var high = Vector256<uint>.Zero;
            var mask = Vector256.Create(LowHalves);
            for (; length >= 32; bytes += 32, length -= 32)
            {
                var words = Vector256.Load((uint*)bytes);
                low += words & mask;
                high += Vector256.ShiftRightLogical(words, 16);
            }
            sum = SumLanes(low) + SumLanes(high);
        }
        return sum + SumRest(bytes, length);
    }

    /// <summary>The pseudo header of TCP and UDP (RFC 9293, section 3.1; RFC 8200, section 8.1).</summary>
    /// <param name="header">IPv4 or IPv6.</param>
    /// <param name="protocol">6 or 17.</param>
    /// <param name="length">Bytes of the transport header and what follows.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong PseudoHeader(byte* header, byte protocol, int length)
    {
        var addresses = *header >> 4 == 4 ? Sum(header + 12, 8) : Sum(header + 8, 32);
        return addresses + Swap(protocol) + Swap((ushort)length);
    }

    /// <summary>To 16 bits, not complemented.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        sum = (sum & uint.MaxValue) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)sum;
    }

    /// <summary>Writes an IPv4 header's checksum (RFC 791).</summary>
    public static void SealIPv4(byte* ip, int headerLength)
    {
        Unsafe.WriteUnaligned<ushort>(ip + 10, 0);
        Unsafe.WriteUnaligned(ip + 10, (ushort)~Fold(Sum(ip, headerLength)));
    }

    /// <summary>A number as a word of a header in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Swap(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    // A word of 32 bits is the sum of its two halves, as far as the Internet checksum goes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SumRest(byte* bytes, int length)
    {
        ulong sum = 0;
        for (; length >= 4; bytes += 4, length -= 4)
            sum += Unsafe.ReadUnaligned<uint>(bytes);
        if (length >= 2)
        {
            sum += Unsafe.ReadUnaligned<ushort>(bytes);
            bytes += 2;
            length -= 2;
        }
        if (length > 0)
            sum += BitConverter.IsLittleEndian ? *bytes : (ulong)*bytes << 8;
        return sum;
    }

    private static ulong SumLanes(Vector256<uint> lanes)
    {
        var (lower, upper) = Vector256.Widen(lanes);
        return Vector256.Sum(lower + upper);
    }
}
