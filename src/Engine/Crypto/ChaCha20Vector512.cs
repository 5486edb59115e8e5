using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20 keystream with AVX-512. A vector holds one row of the 4x4 state for four blocks, so four vectors (a to d) are
/// a group of four blocks, and turning the rows makes diagonals of columns. Groups are independent of each other: six
/// side by side take 24 of the 32 registers and keep the execution units busy.
/// </summary>
internal static unsafe class ChaCha20Vector512
{
    private const int GroupBlocks = 4;

    private const int GroupWords = GroupBlocks * ChaCha20.StateWords;

    /// <inheritdoc cref="IAeadKernel.Blocks"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Blocks(uint* blocks, int count)
    {
        if (count <= GroupBlocks)
            OneGroup(blocks);
        else if (count <= 2 * GroupBlocks)
            TwoGroups(blocks);
        else if (count <= 4 * GroupBlocks)
            FourGroups(blocks);
        else
            SixGroups(blocks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OneGroup(uint* blocks)
    {
        Load(blocks, 0, out var a, out var b, out var c, out var d);
        for (var i = 0; i < 10; i++)
            DoubleRound(ref a, ref b, ref c, ref d);

        Store(blocks, 0, a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TwoGroups(uint* blocks)
    {
        Load(blocks, 0, out var a0, out var b0, out var c0, out var d0);
        Load(blocks, 1, out var a1, out var b1, out var c1, out var d1);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
        }

        Store(blocks, 0, a0, b0, c0, d0);
        Store(blocks, 1, a1, b1, c1, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourGroups(uint* blocks)
    {
        Load(blocks, 0, out var a0, out var b0, out var c0, out var d0);
        Load(blocks, 1, out var a1, out var b1, out var c1, out var d1);
        Load(blocks, 2, out var a2, out var b2, out var c2, out var d2);
        Load(blocks, 3, out var a3, out var b3, out var c3, out var d3);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
            DoubleRound(ref a2, ref b2, ref c2, ref d2);
            DoubleRound(ref a3, ref b3, ref c3, ref d3);
        }

        Store(blocks, 0, a0, b0, c0, d0);
        Store(blocks, 1, a1, b1, c1, d1);
        Store(blocks, 2, a2, b2, c2, d2);
        Store(blocks, 3, a3, b3, c3, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SixGroups(uint* blocks)
    {
        Load(blocks, 0, out var a0, out var b0, out var c0, out var d0);
        Load(blocks, 1, out var a1, out var b1, out var c1, out var d1);
        Load(blocks, 2, out var a2, out var b2, out var c2, out var d2);
        Load(blocks, 3, out var a3, out var b3, out var c3, out var d3);
        Load(blocks, 4, out var a4, out var b4, out var c4, out var d4);
        Load(blocks, 5, out var a5, out var b5, out var c5, out var d5);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
            DoubleRound(ref a2, ref b2, ref c2, ref d2);
            DoubleRound(ref a3, ref b3, ref c3, ref d3);
            DoubleRound(ref a4, ref b4, ref c4, ref d4);
            DoubleRound(ref a5, ref b5, ref c5, ref d5);
        }

        Store(blocks, 0, a0, b0, c0, d0);
        Store(blocks, 1, a1, b1, c1, d1);
        Store(blocks, 2, a2, b2, c2, d2);
        Store(blocks, 3, a3, b3, c3, d3);
        Store(blocks, 4, a4, b4, c4, d4);
        Store(blocks, 5, a5, b5, c5, d5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void DoubleRound(
        ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d)
    {
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Avx512F.Shuffle(b, 0b00_11_10_01);
        c = Avx512F.Shuffle(c, 0b01_00_11_10);
        d = Avx512F.Shuffle(d, 0b10_01_00_11);
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Avx512F.Shuffle(b, 0b10_01_00_11);
        c = Avx512F.Shuffle(c, 0b01_00_11_10);
        d = Avx512F.Shuffle(d, 0b00_11_10_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(
        ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d)
    {
        a += b;
        d = Avx512F.RotateLeft(d ^ a, 16);
        c += d;
        b = Avx512F.RotateLeft(b ^ c, 12);
        a += b;
        d = Avx512F.RotateLeft(d ^ a, 8);
        c += d;
        b = Avx512F.RotateLeft(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(
        uint* blocks, int group, out Vector512<uint> a, out Vector512<uint> b, out Vector512<uint> c, out Vector512<uint> d)
    {
        var block = blocks + (group * GroupWords);
        a = Vector512.LoadAligned(block);
        b = Vector512.LoadAligned(block + 16);
        c = Vector512.LoadAligned(block + 32);
        d = Vector512.LoadAligned(block + 48);
        Turn(ref a, ref b, ref c, ref d);
    }

    /// <summary>Adds each block's state, which lies where the block goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* blocks, int group, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d)
    {
        Turn(ref a, ref b, ref c, ref d);
        var block = blocks + (group * GroupWords);
        (a + Vector512.LoadAligned(block)).StoreAligned(block);
        (b + Vector512.LoadAligned(block + 16)).StoreAligned(block + 16);
        (c + Vector512.LoadAligned(block + 32)).StoreAligned(block + 32);
        (d + Vector512.LoadAligned(block + 48)).StoreAligned(block + 48);
    }

    /// <summary>Turns four blocks of four rows into four rows of four blocks, and back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Turn(ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d)
    {
        var abLow = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00);
        var abHigh = Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        var cdLow = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00);
        var cdHigh = Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        a = Avx512F.Shuffle4x128(abLow, cdLow, 0b10_00_10_00);
        b = Avx512F.Shuffle4x128(abLow, cdLow, 0b11_01_11_01);
        c = Avx512F.Shuffle4x128(abHigh, cdHigh, 0b10_00_10_00);
        d = Avx512F.Shuffle4x128(abHigh, cdHigh, 0b11_01_11_01);
    }
}
