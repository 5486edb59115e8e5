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

    private const int GroupBytes = GroupBlocks * ChaCha20.BlockSize;

    private const int BlocksAtOnce = 3 * GroupBlocks;

    /// <summary>Writes at least <paramref name="wanted"/> blocks, in steps of six, and advances the state's counter by what it wrote.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Keystream(uint* state, int wanted, byte* output)
    {
        var written = 0;
        do
        {
            ThreeGroups(state, output + (written * ChaCha20.BlockSize));
            state[ChaCha20.CounterWord] += BlocksAtOnce;
            written += BlocksAtOnce;
        }
        while (written < wanted);
        return written;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(
        uint* state, uint group, out Vector256<uint> a, out Vector256<uint> b, out Vector256<uint> c, out Vector256<uint> d)
    {
        a = Avx2.BroadcastVector128ToVector256(state);
        b = Avx2.BroadcastVector128ToVector256(state + 4);
        c = Avx2.BroadcastVector128ToVector256(state + 8);
        d = Avx2.BroadcastVector128ToVector256(state + 12) + Counters(group);
    }

    /// <summary>Adds the state once more and writes the group's blocks, turning four rows of two blocks into two blocks of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* state, uint group, Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, byte* output)
    {
        a += Avx2.BroadcastVector128ToVector256(state);
        b += Avx2.BroadcastVector128ToVector256(state + 4);
        c += Avx2.BroadcastVector128ToVector256(state + 8);
        d += Avx2.BroadcastVector128ToVector256(state + 12) + Counters(group);
        var block = (uint*)(output + (group * GroupBytes));
        Avx2.Permute2x128(a, b, 0x20).StoreAligned(block);
        Avx2.Permute2x128(c, d, 0x20).StoreAligned(block + 8);
        Avx2.Permute2x128(a, b, 0x31).StoreAligned(block + 16);
        Avx2.Permute2x128(c, d, 0x31).StoreAligned(block + 24);
    }

    /// <summary>What the group's two blocks add to the state's counter word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Counters(uint group)
    {
        var first = group * GroupBlocks;
        return Vector256.Create(first, 0, 0, 0, first + 1, 0, 0, 0);
    }
}
