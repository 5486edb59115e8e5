using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static WireGuard.Engine.Crypto.Poly1305Vector512;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Four blocks at once, h = (h + m0) r^4 + m1 r^3 + m2 r^2 + m3 r. Only what is added to h is split into limbs: the other
/// blocks' 32-bit words are multiplied as they are, each with the power that is made for its place, so that twenty multiplications
/// do instead of twenty-five, and no splitting. Their sums stay below 2^62.
/// </summary>
internal static unsafe partial class Poly1305Batch512
{
    /// <summary>Rows from which on making the powers costs less than they save.</summary>
    private const int FewestRowsOfFours = 8;

    private const int Words = 4;

    private const int WordVectors = Words * Limbs;

    // r^4; r^3, r^2 and r for each word; and what the ends of these three blocks come to.
    private const int FourVectors = PowerVectors + ((RowBlocks - 1) * WordVectors) + Limbs;

    /// <summary>Makes the powers from r and its square.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void WriteFours(Vector512<ulong>* r, Vector512<ulong>* square, Vector512<ulong> mask, Vector512<ulong>* fours)
    {
        Multiply(square[0], square[1], square[2], square[3], square[4], square, out var d0, out var d1, out var d2, out var d3, out var d4);
        Carry(d0, d1, d2, d3, d4, mask, out d0, out d1, out d2, out d3, out d4);
        WritePower(fours, d0, d1, d2, d3, d4);
        var words = fours + PowerVectors;
        var ends = words + ((RowBlocks - 1) * WordVectors);
        for (var i = 0; i < Limbs; i++)
            ends[i] = Vector512<ulong>.Zero;
        Multiply(square[0], square[1], square[2], square[3], square[4], r, out d0, out d1, out d2, out d3, out d4);
        Carry(d0, d1, d2, d3, d4, mask, out d0, out d1, out d2, out d3, out d4);
        WriteWords(words, ends, d0, d1, d2, d3, d4, mask);
        WriteWords(words + WordVectors, ends, square[0], square[1], square[2], square[3], square[4], mask);
        WriteWords(words + (2 * WordVectors), ends, r[0], r[1], r[2], r[3], r[4], mask);
    }

    /// <summary>A power, and 2^32, 2^64 and 2^96 times it; 2^128 times it is what the block's end adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteWords(
        Vector512<ulong>* words, Vector512<ulong>* ends,
        Vector512<ulong> l0, Vector512<ulong> l1, Vector512<ulong> l2, Vector512<ulong> l3, Vector512<ulong> l4, Vector512<ulong> mask)
    {
        for (var i = 0; i < Words; i++)
        {
            (words[0], words[1], words[2], words[3], words[4]) = (l0, l1, l2, l3, l4);
            words += Limbs;
            // By 2^26, which moves the limbs, and by 2^6.
            (l0, l1, l2, l3, l4) = (Times5(l4) << 6, l0 << 6, l1 << 6, l2 << 6, l3 << 6);
            l1 += l0 >>> LimbBits;
            l0 &= mask;
            l2 += l1 >>> LimbBits;
            l1 &= mask;
            l3 += l2 >>> LimbBits;
            l2 &= mask;
            l4 += l3 >>> LimbBits;
            l3 &= mask;
            l0 += Times5(l4 >>> LimbBits);
            l4 &= mask;
            l1 += l0 >>> LimbBits;
            l0 &= mask;
        }

        ends[0] += l0;
        ends[1] += l1;
        ends[2] += l2;
        ends[3] += l3;
        ends[4] += l4;
    }

    /// <summary>Absorbs a row of which all texts have all blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AbsorbFour(Vector512<ulong>* columns, Vector512<ulong> mask, Vector512<ulong>* fours, Vector512<ulong>* h)
    {
        var words = fours + PowerVectors;
        var ends = words + ((RowBlocks - 1) * WordVectors);
        Split(columns[0], columns[1], Vector512.Create(TopBit), mask, out var m0, out var m1, out var m2, out var m3, out var m4);
        Multiply(h[0] + m0, h[1] + m1, h[2] + m2, h[3] + m3, h[4] + m4, fours, out var d0, out var d1, out var d2, out var d3, out var d4);
        AddWords(columns[2], columns[3], words, ref d0, ref d1, ref d2, ref d3, ref d4);
        AddWords(columns[4], columns[5], words + WordVectors, ref d0, ref d1, ref d2, ref d3, ref d4);
        AddWords(columns[6], columns[7], words + (2 * WordVectors), ref d0, ref d1, ref d2, ref d3, ref d4);
        Carry(d0 + ends[0], d1 + ends[1], d2 + ends[2], d3 + ends[3], d4 + ends[4], mask, out m0, out m1, out m2, out m3, out m4);
        (h[0], h[1], h[2], h[3], h[4]) = (m0, m1, m2, m3, m4);
    }

    /// <summary>A multiplication takes the lower half of each 64 bits, whatever is in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWords(
        Vector512<ulong> low, Vector512<ulong> high, Vector512<ulong>* words,
        ref Vector512<ulong> d0, ref Vector512<ulong> d1, ref Vector512<ulong> d2, ref Vector512<ulong> d3, ref Vector512<ulong> d4)
    {
        var second = low >>> 32;
        var fourth = high >>> 32;
        d0 += Product(low, words[0]) + Product(second, words[5]) + (Product(high, words[10]) + Product(fourth, words[15]));
        d1 += Product(low, words[1]) + Product(second, words[6]) + (Product(high, words[11]) + Product(fourth, words[16]));
        d2 += Product(low, words[2]) + Product(second, words[7]) + (Product(high, words[12]) + Product(fourth, words[17]));
        d3 += Product(low, words[3]) + Product(second, words[8]) + (Product(high, words[13]) + Product(fourth, words[18]));
        d4 += Product(low, words[4]) + Product(second, words[9]) + (Product(high, words[14]) + Product(fourth, words[19]));
    }
}
