using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Poly1305 over eight blocks at once with AVX-512: lane i sums every eighth block and is multiplied by r^8 from group to
/// group; after the last group each lane takes the power of r that its place in the text asks for, and the lanes are
/// added up. Numbers are five limbs of 26 bits in 64-bit elements, so that products and their sums fit.
/// </summary>
internal static unsafe class Poly1305Vector512
{
    internal const int GroupBlocks = 8;

    internal const int GroupBytes = GroupBlocks * Poly1305.BlockSize;

    internal const int LimbBits = 26;

    // Where r^1, r^2, ... belong. Unpacking interleaves the first and the second four blocks of a group, so the lanes hold
    // blocks 0 4 1 5 2 6 3 7, which take powers 8 4 7 3 6 2 5 1.
    private static ReadOnlySpan<byte> LaneOfPower => [7, 5, 3, 1, 6, 4, 2, 0];

    /// <summary>Absorbs whole groups into an accumulator that is still zero.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Absorb(ref Poly1305 poly, byte* data, int groups)
    {
        var powers = stackalloc ulong[3 * GroupBlocks];
        poly.WritePowers(LaneOfPower, powers, powers + GroupBlocks, powers + (2 * GroupBlocks));
        var low = Vector512.Load(powers);
        var middle = Vector512.Load(powers + GroupBlocks);
        var high = Vector512.Load(powers + (2 * GroupBlocks)) << 24;

        var mask = Vector512.Create((1UL << LimbBits) - 1);
        var topBit = Vector512.Create(1UL << 24);
        // Lane 0 has r^8, which all lanes take until the last group.
        Split(Vector512.Create(low.ToScalar()), Vector512.Create(middle.ToScalar()), Vector512.Create(high.ToScalar()), mask,
            out var r0, out var r1, out var r2, out var r3, out var r4);
        var (s1, s2, s3, s4) = (Times5(r1), Times5(r2), Times5(r3), Times5(r4));

        LoadGroup(data, topBit, mask, out var h0, out var h1, out var h2, out var h3, out var h4);
        while (true)
        {
            groups--;
            if (groups == 0)
            {
                Split(low, middle, high, mask, out r0, out r1, out r2, out r3, out r4);
                (s1, s2, s3, s4) = (Times5(r1), Times5(r2), Times5(r3), Times5(r4));
            }

            var d0 = Product(h0, r0) + Product(h1, s4) + (Product(h2, s3) + Product(h3, s2)) + Product(h4, s1);
            var d1 = Product(h0, r1) + Product(h1, r0) + (Product(h2, s4) + Product(h3, s3)) + Product(h4, s2);
            var d2 = Product(h0, r2) + Product(h1, r1) + (Product(h2, r0) + Product(h3, s4)) + Product(h4, s3);
            var d3 = Product(h0, r3) + Product(h1, r2) + (Product(h2, r1) + Product(h3, r0)) + Product(h4, s4);
            var d4 = Product(h0, r4) + Product(h1, r3) + (Product(h2, r2) + Product(h3, r1)) + Product(h4, r0);
            if (groups == 0)
            {
                poly.SetAccumulator(Vector512.Sum(d0), Vector512.Sum(d1), Vector512.Sum(d2), Vector512.Sum(d3), Vector512.Sum(d4));
                break;
            }

            // Two carry chains side by side, 0-1-2-3 and 3-4-0-1; limbs end at most a little over 26 bits.
            d1 += d0 >>> LimbBits;
            d4 += d3 >>> LimbBits;
            h0 = (d0 & mask) + Times5(d4 >>> LimbBits);
            d2 += d1 >>> LimbBits;
            h4 = d4 & mask;
            h3 = (d3 & mask) + (d2 >>> LimbBits);
            h1 = (d1 & mask) + (h0 >>> LimbBits);
            h0 &= mask;
            h2 = d2 & mask;
            h4 += h3 >>> LimbBits;
            h3 &= mask;

            data += GroupBytes;
            LoadGroup(data, topBit, mask, out var m0, out var m1, out var m2, out var m3, out var m4);
            h0 += m0;
            h1 += m1;
            h2 += m2;
            h3 += m3;
            h4 += m4;
        }

        new Span<ulong>(powers, 3 * GroupBlocks).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadGroup(
        byte* data, Vector512<ulong> topBit, Vector512<ulong> mask,
        out Vector512<ulong> m0, out Vector512<ulong> m1, out Vector512<ulong> m2, out Vector512<ulong> m3, out Vector512<ulong> m4)
    {
        var first = Vector512.Load((ulong*)data);
        var second = Vector512.Load((ulong*)(data + 64));
        Split(Avx512F.UnpackLow(first, second), Avx512F.UnpackHigh(first, second), topBit, mask, out m0, out m1, out m2, out m3, out m4);
    }

    /// <summary>Limbs of 128-bit numbers; <paramref name="top"/> is added to the last as it is, its bit 24 being 2^128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Split(
        Vector512<ulong> low, Vector512<ulong> high, Vector512<ulong> top, Vector512<ulong> mask,
        out Vector512<ulong> l0, out Vector512<ulong> l1, out Vector512<ulong> l2, out Vector512<ulong> l3, out Vector512<ulong> l4)
    {
        l0 = low & mask;
        l1 = (low >>> 26) & mask;
        l2 = ((low >>> 52) | (high << 12)) & mask;
        l3 = (high >>> 14) & mask;
        l4 = (high >>> 40) + top;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<ulong> Product(Vector512<ulong> left, Vector512<ulong> right) =>
        Avx512F.Multiply(left.AsUInt32(), right.AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<ulong> Times5(Vector512<ulong> value) => value + (value << 2);
}
