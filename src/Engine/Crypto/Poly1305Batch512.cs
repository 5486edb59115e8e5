using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static WireGuard.Engine.Crypto.Poly1305Vector512;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Poly1305 of eight packets with AVX-512, a lane each: no powers of r for every packet, no lanes to add up, and tails
/// and last reductions shared. All texts end at the same step; a shorter one begins later, its lane being zero until then.
/// Two blocks are absorbed at once, h = (h + m0) r^2 + m1 r, which carries half as often; of long texts four. Numbers as in
/// <see cref="Poly1305Vector512"/>.
/// </summary>
internal static unsafe partial class Poly1305Batch512
{
    private const int Lanes = 8;

    private const ulong TopBit = 1UL << 24;

    // What a call reads of each text before it turns rows into lanes: four blocks.
    private const int RowBytes = 64;

    private const int RowBlocks = RowBytes / Poly1305.BlockSize;

    private const int Limbs = 5;

    private const int PowerVectors = Limbs + 4;

    // Registers do not suffice, and the JIT's own places for what does not fit lie across cache lines, depending on the stack.
    private const int MemoryVectors = Lanes + RowBlocks + (2 * PowerVectors) + Limbs + FourVectors;

    /// <summary>Whether the lanes are busy enough to beat one packet after the other. Costs are in multiplications of eight lanes, as measured.</summary>
    internal static bool Pays(ReadOnlySpan<AeadPacket> packets)
    {
        int longest = 0, alone = 0;
        foreach (ref readonly var packet in packets)
        {
            var blocks = BlocksOf(packet.Length);
            longest = Math.Max(longest, blocks);
            alone += blocks < 24 ? 2 + (blocks / 3) : 8 + (blocks / 8);
        }

        return 5 + longest < alone;
    }

    /// <inheritdoc cref="IAeadKernel.Tags"/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Tags(ReadOnlySpan<AeadPacket> packets, byte* keys, byte* tags)
    {
        var mask = Vector512.Create((1UL << LimbBits) - 1);
        var memory = stackalloc byte[(MemoryVectors + 1) * RowBytes];
        var columns = (Vector512<ulong>*)(((nuint)memory + (RowBytes - 1)) & ~(nuint)(RowBytes - 1));
        var tops = columns + Lanes;
        var r = tops + RowBlocks;
        var square = r + PowerVectors;
        var h = square + PowerVectors;
        var fours = h + Limbs;
        // Four words a key: r and what is added at the end. The upper half of each row is not looked at.
        Turn(Key(keys, 0), Key(keys, 1), Key(keys, 2), Key(keys, 3), Key(keys, 4), Key(keys, 5), Key(keys, 6), Key(keys, 7), columns);
        var (low, high, padLow, padHigh) = (columns[0], columns[1], columns[2], columns[3]);
        low &= Vector512.Create(0x0FFF_FFFC_0FFF_FFFFUL);
        high &= Vector512.Create(0x0FFF_FFFC_0FFF_FFFCUL);
        Split(low, high, Vector512<ulong>.Zero, mask, out var h0, out var h1, out var h2, out var h3, out var h4);
        WritePower(r, h0, h1, h2, h3, h4);
        Vector512<ulong> d0, d1, d2, d3, d4;
        Multiply(h0, h1, h2, h3, h4, r, out d0, out d1, out d2, out d3, out d4);
        Carry(d0, d1, d2, d3, d4, mask, out h0, out h1, out h2, out h3, out h4);
        WritePower(square, h0, h1, h2, h3, h4);

        // Lanes without a packet repeat the first. All texts end with the last row; starts are the blocks, sources where
        // block 0 would be.
        var starts = stackalloc long[Lanes];
        var lengths = stackalloc ulong[Lanes];
        var sources = stackalloc byte*[Lanes];
        var rows = 0;
        foreach (ref readonly var packet in packets)
            rows = Math.Max(rows, (packet.Length + RowBytes - 1) / RowBytes);
        int wholeFrom = 0, wholeTo = rows;
        for (var i = 0; i < Lanes; i++)
        {
            ref readonly var packet = ref packets[i < packets.Length ? i : 0];
            lengths[i] = (ulong)packet.Length;
            starts[i] = (rows * RowBlocks) - BlocksOf(packet.Length);
            sources[i] = packet.Data - (starts[i] * Poly1305.BlockSize);
            wholeFrom = Math.Max(wholeFrom, ((int)starts[i] + RowBlocks - 1) / RowBlocks);
            if (packet.Length % Poly1305.BlockSize != 0)
                wholeTo = rows - 1;
        }

        for (var i = 0; i < Limbs; i++)
            h[i] = Vector512<ulong>.Zero;
        var foursFrom = rows - wholeFrom >= FewestRowsOfFours ? wholeFrom : rows;
        if (foursFrom < rows)
            WriteFours(r, square, mask, fours);
        for (var row = 0; row < rows; row++)
        {
            if (row >= wholeFrom && row < wholeTo)
                ReadRow(sources, row * RowBytes, columns);
            else
                ReadPartialRow(starts, lengths, sources, row, columns);
            if (row >= foursFrom)
            {
                AbsorbFour(columns, mask, fours, h);
                continue;
            }

            if (row <= wholeFrom)
                WriteTopBits(starts, row, tops);
            AbsorbTwo(columns, tops, mask, r, square, h);
            AbsorbTwo(columns + 4, tops + 2, mask, r, square, h);
        }

        // The AEAD's last block: no associated data, and the text's length.
        Split(Vector512<ulong>.Zero, Vector512.Load(lengths), Vector512.Create(TopBit), mask, out d0, out d1, out d2, out d3, out d4);
        Multiply(h[0] + d0, h[1] + d1, h[2] + d2, h[3] + d3, h[4] + d4, r, out d0, out d1, out d2, out d3, out d4);
        Carry(d0, d1, d2, d3, d4, mask, out h0, out h1, out h2, out h3, out h4);
        Reduce(h0, h1, h2, h3, h4, mask, out low, out high);

        low += padLow;
        high += padHigh + (Vector512.LessThan(low, padLow) & Vector512<ulong>.One);
        // Lanes come out as 0 2 4 6 and 1 3 5 7 in pairs of 64-bit words.
        var even = Avx512F.UnpackLow(low, high);
        var odd = Avx512F.UnpackHigh(low, high);
        var order = Vector512.Create(0UL, 1, 8, 9, 2, 3, 10, 11);
        Avx512F.PermuteVar8x64x2(even, order, odd).StoreAligned((ulong*)tags);
        Avx512F.PermuteVar8x64x2(even, order + Vector512.Create(4UL), odd).StoreAligned((ulong*)tags + Lanes);
    }

    private static int BlocksOf(int length) => (length + Poly1305.BlockSize - 1) / Poly1305.BlockSize;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Key(byte* keys, int lane) =>
        Vector256.LoadAligned((ulong*)(keys + (lane * Poly1305.KeySize))).ToVector512Unsafe();

    /// <summary>Reads four blocks of each text and turns them: words of one place to a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadRow(byte** sources, int offset, Vector512<ulong>* columns) => Turn(
        Vector512.Load((ulong*)(sources[0] + offset)), Vector512.Load((ulong*)(sources[1] + offset)),
        Vector512.Load((ulong*)(sources[2] + offset)), Vector512.Load((ulong*)(sources[3] + offset)),
        Vector512.Load((ulong*)(sources[4] + offset)), Vector512.Load((ulong*)(sources[5] + offset)),
        Vector512.Load((ulong*)(sources[6] + offset)), Vector512.Load((ulong*)(sources[7] + offset)), columns);

    /// <summary>The same with zeros where a text is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadPartialRow(long* starts, ulong* lengths, byte** sources, int row, Vector512<ulong>* columns)
    {
        for (var i = 0; i < Lanes; i++)
        {
            var before = ((int)starts[i] * Poly1305.BlockSize) - (row * RowBytes);
            var after = before + (int)lengths[i];
            // Masked loads touch nothing outside of the text.
            var index = Vector512<byte>.Indices.AsSByte();
            var inside = Vector512.GreaterThanOrEqual(index, Vector512.Create((sbyte)Math.Clamp(before, 0, RowBytes)))
                & Vector512.LessThan(index, Vector512.Create((sbyte)Math.Clamp(after, 0, RowBytes)));
            columns[i] = Avx512BW.MaskLoad((sbyte*)sources[i] + (row * RowBytes), inside, Vector512<sbyte>.Zero).AsUInt64();
        }

        Turn(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6], columns[7], columns);
    }

    /// <summary>2^128 of each of the row's blocks, in lanes whose text has begun.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteTopBits(long* starts, int row, Vector512<ulong>* tops)
    {
        for (var i = 0; i < RowBlocks; i++)
        {
            var hasBegun = Vector512.LessThanOrEqual(Vector512.Load(starts), Vector512.Create((long)(row * RowBlocks) + i));
            tops[i] = Vector512.Create(TopBit) & hasBegun.AsUInt64();
        }
    }

    /// <summary>Rows become columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(
        Vector512<ulong> row0, Vector512<ulong> row1, Vector512<ulong> row2, Vector512<ulong> row3,
        Vector512<ulong> row4, Vector512<ulong> row5, Vector512<ulong> row6, Vector512<ulong> row7, Vector512<ulong>* columns)
    {
        TurnPairs(
            Avx512F.UnpackLow(row0, row1), Avx512F.UnpackLow(row2, row3), Avx512F.UnpackLow(row4, row5), Avx512F.UnpackLow(row6, row7), columns);
        TurnPairs(
            Avx512F.UnpackHigh(row0, row1), Avx512F.UnpackHigh(row2, row3), Avx512F.UnpackHigh(row4, row5), Avx512F.UnpackHigh(row6, row7), columns + 1);
    }

    /// <summary>Writes every second column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnPairs(
        Vector512<ulong> v01, Vector512<ulong> v23, Vector512<ulong> v45, Vector512<ulong> v67, Vector512<ulong>* columns)
    {
        var left = Avx512F.Shuffle4x128(v01, v23, 0b10_00_10_00);
        var right = Avx512F.Shuffle4x128(v45, v67, 0b10_00_10_00);
        columns[0] = Avx512F.Shuffle4x128(left, right, 0b10_00_10_00);
        columns[4] = Avx512F.Shuffle4x128(left, right, 0b11_01_11_01);
        left = Avx512F.Shuffle4x128(v01, v23, 0b11_01_11_01);
        right = Avx512F.Shuffle4x128(v45, v67, 0b11_01_11_01);
        columns[2] = Avx512F.Shuffle4x128(left, right, 0b10_00_10_00);
        columns[6] = Avx512F.Shuffle4x128(left, right, 0b11_01_11_01);
    }

    /// <summary>h = (h + m0) r^2 + m1 r, with two blocks of each text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AbsorbTwo(
        Vector512<ulong>* words, Vector512<ulong>* tops, Vector512<ulong> mask, Vector512<ulong>* r, Vector512<ulong>* square, Vector512<ulong>* h)
    {
        Split(words[0], words[1], tops[0], mask, out var m0, out var m1, out var m2, out var m3, out var m4);
        Multiply(h[0] + m0, h[1] + m1, h[2] + m2, h[3] + m3, h[4] + m4, square, out var d0, out var d1, out var d2, out var d3, out var d4);
        Split(words[2], words[3], tops[1], mask, out m0, out m1, out m2, out m3, out m4);
        Multiply(m0, m1, m2, m3, m4, r, out var e0, out var e1, out var e2, out var e3, out var e4);
        Carry(d0 + e0, d1 + e1, d2 + e2, d3 + e3, d4 + e4, mask, out m0, out m1, out m2, out m3, out m4);
        (h[0], h[1], h[2], h[3], h[4]) = (m0, m1, m2, m3, m4);
    }

    /// <summary>A power of r and, behind it, five times its limbs but the first, as <see cref="Multiply"/> takes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePower(
        Vector512<ulong>* power, Vector512<ulong> l0, Vector512<ulong> l1, Vector512<ulong> l2, Vector512<ulong> l3, Vector512<ulong> l4)
    {
        (power[0], power[1], power[2], power[3], power[4]) = (l0, l1, l2, l3, l4);
        (power[5], power[6], power[7], power[8]) = (Times5(l1), Times5(l2), Times5(l3), Times5(l4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(
        Vector512<ulong> h0, Vector512<ulong> h1, Vector512<ulong> h2, Vector512<ulong> h3, Vector512<ulong> h4, Vector512<ulong>* power,
        out Vector512<ulong> d0, out Vector512<ulong> d1, out Vector512<ulong> d2, out Vector512<ulong> d3, out Vector512<ulong> d4)
    {
        var (r0, r1, r2, r3, r4) = (power[0], power[1], power[2], power[3], power[4]);
        var (s1, s2, s3, s4) = (power[5], power[6], power[7], power[8]);
        d0 = Product(h0, r0) + Product(h1, s4) + (Product(h2, s3) + Product(h3, s2)) + Product(h4, s1);
        d1 = Product(h0, r1) + Product(h1, r0) + (Product(h2, s4) + Product(h3, s3)) + Product(h4, s2);
        d2 = Product(h0, r2) + Product(h1, r1) + (Product(h2, r0) + Product(h3, s4)) + Product(h4, s3);
        d3 = Product(h0, r3) + Product(h1, r2) + (Product(h2, r1) + Product(h3, r0)) + Product(h4, s4);
        d4 = Product(h0, r4) + Product(h1, r3) + (Product(h2, r2) + Product(h3, r1)) + Product(h4, r0);
    }

    /// <summary>Two carry chains side by side, 0-1-2-3 and 3-4-0-1; limbs end at most a little over 26 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(
        Vector512<ulong> d0, Vector512<ulong> d1, Vector512<ulong> d2, Vector512<ulong> d3, Vector512<ulong> d4, Vector512<ulong> mask,
        out Vector512<ulong> h0, out Vector512<ulong> h1, out Vector512<ulong> h2, out Vector512<ulong> h3, out Vector512<ulong> h4)
    {
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
    }

    /// <summary>h mod 2^130 - 5, of which the lower 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(
        Vector512<ulong> h0, Vector512<ulong> h1, Vector512<ulong> h2, Vector512<ulong> h3, Vector512<ulong> h4, Vector512<ulong> mask,
        out Vector512<ulong> low, out Vector512<ulong> high)
    {
        // Limbs below 2^26 but for limb 1, which may be 2^26.
        h2 += h1 >>> LimbBits;
        h1 &= mask;
        h3 += h2 >>> LimbBits;
        h2 &= mask;
        h4 += h3 >>> LimbBits;
        h3 &= mask;
        h0 += Times5(h4 >>> LimbBits);
        h4 &= mask;
        h1 += h0 >>> LimbBits;
        h0 &= mask;

        // h is p or more exactly if adding 5 reaches 2^130.
        var g0 = h0 + Vector512.Create(5UL);
        var g1 = h1 + (g0 >>> LimbBits);
        var g2 = h2 + (g1 >>> LimbBits);
        var g3 = h3 + (g2 >>> LimbBits);
        var g4 = h4 + (g3 >>> LimbBits);
        var isLess = Vector512.Equals(g4 >>> LimbBits, Vector512<ulong>.Zero);
        h0 = Vector512.ConditionalSelect(isLess, h0, g0 & mask);
        h1 = Vector512.ConditionalSelect(isLess, h1, g1 & mask);
        h2 = Vector512.ConditionalSelect(isLess, h2, g2 & mask);
        h3 = Vector512.ConditionalSelect(isLess, h3, g3 & mask);
        h4 = Vector512.ConditionalSelect(isLess, h4, g4 & mask);

        var lower = h0 + (h1 << 26);
        low = lower + (h2 << 52);
        high = (h2 >>> 12) + (h3 << 14) + (h4 << 40) + (Vector512.LessThan(low, lower) & Vector512<ulong>.One);
    }
}
