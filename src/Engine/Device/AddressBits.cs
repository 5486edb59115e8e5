using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Device;

/// <summary>128 address bits, most significant first; IPv4 in the top 32.</summary>
internal readonly record struct AddressBits(ulong High, ulong Low)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Bit(int index) => index < 64 ? (int)(High >> (63 - index)) & 1 : (int)(Low >> (127 - index)) & 1;

    /// <summary>Up to 63 bits from a place on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Field(int start, int count)
    {
        var bits = start < 64 ? (High << start) | (Low >> 1 >> (63 - start)) : Low << (start - 64);
        return (int)(bits >> (64 - count));
    }

    internal int CommonPrefix(AddressBits other)
    {
        var high = High ^ other.High;
        return high != 0 ? BitOperations.LeadingZeroCount(high) : 64 + BitOperations.LeadingZeroCount(Low ^ other.Low);
    }

    internal AddressBits Masked(int length) => new(High & HighMask(length), Low & LowMask(length));

    /// <summary>What comes after all addresses that share the first bits with this one; null at the end of all.</summary>
    internal AddressBits? AfterPrefix(int length)
    {
        if (length > 64)
        {
            var low = (Low & LowMask(length)) + (1UL << (128 - length));
            return low != 0 ? new(High, low) : High != ulong.MaxValue ? new(High + 1, 0) : null;
        }

        if (length == 0)
            return null;
        var high = (High & HighMask(length)) + (1UL << (64 - length));
        return high != 0 ? new(high, 0) : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsBefore(AddressBits other) => High < other.High || (High == other.High && Low < other.Low);

    internal static ulong HighMask(int length) => length == 0 ? 0 : length >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - length);

    internal static ulong LowMask(int length) => length <= 64 ? 0 : ulong.MaxValue << (128 - length);

    internal static AddressBits From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return new AddressBits(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}
