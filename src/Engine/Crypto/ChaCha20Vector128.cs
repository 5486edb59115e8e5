using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20 keystream with 128-bit vectors of any architecture: a vector holds one row of one block's state, four vectors
/// are the block, and three blocks side by side hide each other's waits without spilling
/// sixteen registers.
/// </summary>
internal static unsafe class ChaCha20Vector128
{
    private const int BlocksAtOnce = 3;

    /// <summary>Writes at least <paramref name="wanted"/> blocks, in steps of three, and advances the state's counter by what it wrote.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Keystream(uint* state, int wanted, byte* output)
    {
        var written = 0;
        do
        {
            ThreeBlocks(state, output + (written * ChaCha20.BlockSize));
            state[ChaCha20.CounterWord] += BlocksAtOnce;
            written += BlocksAtOnce;
        }
        while (written < wanted);
        return written;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThreeBlocks(uint* state, byte* output)
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
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
    {
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
        c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
        d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
        QuarterRounds(ref a, ref b, ref c, ref d);
        b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
        c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
        d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
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
        uint* state, uint block, out Vector128<uint> a, out Vector128<uint> b, out Vector128<uint> c, out Vector128<uint> d)
    {
        a = Vector128.LoadAligned(state);
        b = Vector128.LoadAligned(state + 4);
        c = Vector128.LoadAligned(state + 8);
        d = Vector128.LoadAligned(state + 12) + Vector128.CreateScalar(block);
    }

    /// <summary>Adds the state once more and writes the block, whose rows lie one after the other already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* state, uint block, Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d, byte* output)
    {
        var words = (uint*)(output + (block * ChaCha20.BlockSize));
        (a + Vector128.LoadAligned(state)).StoreAligned(words);
        (b + Vector128.LoadAligned(state + 4)).StoreAligned(words + 4);
        (c + Vector128.LoadAligned(state + 8)).StoreAligned(words + 8);
        (d + Vector128.LoadAligned(state + 12) + Vector128.CreateScalar(block)).StoreAligned(words + 12);
    }
}
