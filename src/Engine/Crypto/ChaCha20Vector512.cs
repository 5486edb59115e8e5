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

    private const int GroupBytes = GroupBlocks * ChaCha20.BlockSize;

    /// <inheritdoc cref="IAeadKernel.Keystream"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Keystream(uint* state, int wanted, byte* output)
    {
        int groups;
        if (wanted <= GroupBlocks)
        {
            OneGroup(state, output);
            groups = 1;
        }
        else if (wanted <= 3 * GroupBlocks)
        {
            ThreeGroups(state, output);
            groups = 3;
        }
        else
        {
            SixGroups(state, output);
            groups = 6;
        }

        state[ChaCha20.CounterWord] += (uint)(groups * GroupBlocks);
        return groups * GroupBlocks;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneGroup(uint* state, byte* output)
    {
        Load(state, 0, out var a, out var b, out var c, out var d);
        for (var i = 0; i < 10; i++)
            DoubleRound(ref a, ref b, ref c, ref d);
        Store(state, 0, a, b, c, d, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThreeGroups(uint* state, byte* output)
    {
        Load(state, 0, out var a0, out var b0, out var c0, out var d0);
        Load(state, 1, out var a1, out var b1, out var c1, out var d1);
        Load(state, 2, out var a2, out var b2, out var c2, out var d2);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
            DoubleRound(ref a2, ref b2, ref c2, ref d2);
        }

        Store(state, 0, a0, b0, c0, d0, output);
        Store(state, 1, a1, b1, c1, d1, output);
        Store(state, 2, a2, b2, c2, d2, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixGroups(uint* state, byte* output)
    {
        Load(state, 0, out var a0, out var b0, out var c0, out var d0);
        Load(state, 1, out var a1, out var b1, out var c1, out var d1);
        Load(state, 2, out var a2, out var b2, out var c2, out var d2);
        Load(state, 3, out var a3, out var b3, out var c3, out var d3);
        Load(state, 4, out var a4, out var b4, out var c4, out var d4);
        Load(state, 5, out var a5, out var b5, out var c5, out var d5);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
            DoubleRound(ref a2, ref b2, ref c2, ref d2);
            DoubleRound(ref a3, ref b3, ref c3, ref d3);
            DoubleRound(ref a4, ref b4, ref c4, ref d4);
            DoubleRound(ref a5, ref b5, ref c5, ref d5);
        }

        Store(state, 0, a0, b0, c0, d0, output);
        Store(state, 1, a1, b1, c1, d1, output);
        Store(state, 2, a2, b2, c2, d2, output);
        Store(state, 3, a3, b3, c3, d3, output);
        Store(state, 4, a4, b4, c4, d4, output);
        Store(state, 5, a5, b5, c5, d5, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DoubleRound(
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
        uint* state, uint group, out Vector512<uint> a, out Vector512<uint> b, out Vector512<uint> c, out Vector512<uint> d)
    {
        a = Avx512F.BroadcastVector128ToVector512(state);
        b = Avx512F.BroadcastVector128ToVector512(state + 4);
        c = Avx512F.BroadcastVector128ToVector512(state + 8);
        d = Avx512F.BroadcastVector128ToVector512(state + 12) + Counters(group);
    }

    /// <summary>Adds the state once more and writes the group's blocks, turning four rows of four blocks into four blocks of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* state, uint group, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, byte* output)
    {
        a += Avx512F.BroadcastVector128ToVector512(state);
        b += Avx512F.BroadcastVector128ToVector512(state + 4);
        c += Avx512F.BroadcastVector128ToVector512(state + 8);
        d += Avx512F.BroadcastVector128ToVector512(state + 12) + Counters(group);
        var abBlocks01 = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00);
        var abBlocks23 = Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        var cdBlocks01 = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00);
        var cdBlocks23 = Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        var block = (uint*)(output + (group * GroupBytes));
        Avx512F.Shuffle4x128(abBlocks01, cdBlocks01, 0b10_00_10_00).StoreAligned(block);
        Avx512F.Shuffle4x128(abBlocks01, cdBlocks01, 0b11_01_11_01).StoreAligned(block + 16);
        Avx512F.Shuffle4x128(abBlocks23, cdBlocks23, 0b10_00_10_00).StoreAligned(block + 32);
        Avx512F.Shuffle4x128(abBlocks23, cdBlocks23, 0b11_01_11_01).StoreAligned(block + 48);
    }

    /// <summary>What the group's four blocks add to the state's counter word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Counters(uint group)
    {
        var first = group * GroupBlocks;
        return Vector512.Create(first, 0, 0, 0, first + 1, 0, 0, 0, first + 2, 0, 0, 0, first + 3, 0, 0, 0);
    }
}
