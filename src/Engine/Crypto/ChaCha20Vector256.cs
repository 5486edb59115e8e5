using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20 keystream with AVX2, built as <see cref="ChaCha20Vector512"/>: a vector holds one row of the state for two
/// blocks, four vectors are a group. Three groups are what sixteen registers hold without spilling.
/// </summary>
internal static unsafe class ChaCha20Vector256
{
    private const int GroupBlocks = 2;

    private const int GroupWords = GroupBlocks * ChaCha20.StateWords;

    private const int BlocksAtOnce = 3 * GroupBlocks;

    /// <inheritdoc cref="IAeadKernel.Blocks"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Blocks(uint* blocks, int count)
    {
        for (; count > 0; count -= BlocksAtOnce, blocks += BlocksAtOnce * ChaCha20.StateWords)
            ThreeGroups(blocks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ThreeGroups(uint* blocks)
    {
        Load(blocks, 0, out var a0, out var b0, out var c0, out var d0);
        Load(blocks, 1, out var a1, out var b1, out var c1, out var d1);
        Load(blocks, 2, out var a2, out var b2, out var c2, out var d2);
        for (var i = 0; i < 10; i++)
        {
            DoubleRound(ref a0, ref b0, ref c0, ref d0);
            DoubleRound(ref a1, ref b1, ref c1, ref d1);
            DoubleRound(ref a2, ref b2, ref c2, ref d2);
        }

        Store(blocks, 0, a0, b0, c0, d0);
        Store(blocks, 1, a1, b1, c1, d1);
        Store(blocks, 2, a2, b2, c2, d2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DoubleRound(
        ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d)
    {
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Avx2.Shuffle(b, 0b00_11_10_01);
        c = Avx2.Shuffle(c, 0b01_00_11_10);
        d = Avx2.Shuffle(d, 0b10_01_00_11);
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Avx2.Shuffle(b, 0b10_01_00_11);
        c = Avx2.Shuffle(c, 0b01_00_11_10);
        d = Avx2.Shuffle(d, 0b00_11_10_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(
        ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d)
    {
        a += b;
        d = Rotate.Left16(d ^ a);
        c += d;
        b = Rotate.Left12(b ^ c);
        a += b;
        d = Rotate.Left8(d ^ a);
        c += d;
        b = Rotate.Left7(b ^ c);
    }

    /// <summary>Turns two blocks of four rows into four rows of two blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(
        uint* blocks, int group, out Vector256<uint> a, out Vector256<uint> b, out Vector256<uint> c, out Vector256<uint> d)
    {
        var block = blocks + (group * GroupWords);
        var first = Vector256.LoadAligned(block);
        var second = Vector256.LoadAligned(block + 16);
        a = Avx2.Permute2x128(first, second, 0x20);
        b = Avx2.Permute2x128(first, second, 0x31);
        first = Vector256.LoadAligned(block + 8);
        second = Vector256.LoadAligned(block + 24);
        c = Avx2.Permute2x128(first, second, 0x20);
        d = Avx2.Permute2x128(first, second, 0x31);
    }

    /// <summary>Turns the rows into blocks again and adds each block's state, which lies where the block goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* blocks, int group, Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d)
    {
        var block = blocks + (group * GroupWords);
        (Avx2.Permute2x128(a, b, 0x20) + Vector256.LoadAligned(block)).StoreAligned(block);
        (Avx2.Permute2x128(c, d, 0x20) + Vector256.LoadAligned(block + 8)).StoreAligned(block + 8);
        (Avx2.Permute2x128(a, b, 0x31) + Vector256.LoadAligned(block + 16)).StoreAligned(block + 16);
        (Avx2.Permute2x128(c, d, 0x31) + Vector256.LoadAligned(block + 24)).StoreAligned(block + 24);
    }
}
