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

    /// <inheritdoc cref="IAeadKernel.Blocks"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Blocks(uint* blocks, int count)
    {
        for (; count > 0; count -= BlocksAtOnce, blocks += BlocksAtOnce * ChaCha20.StateWords)
            ThreeBlocks(blocks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ThreeBlocks(uint* blocks)
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
        uint* blocks, int index, out Vector128<uint> a, out Vector128<uint> b, out Vector128<uint> c, out Vector128<uint> d)
    {
        var block = blocks + (index * ChaCha20.StateWords);
        a = Vector128.LoadAligned(block);
        b = Vector128.LoadAligned(block + 4);
        c = Vector128.LoadAligned(block + 8);
        d = Vector128.LoadAligned(block + 12);
    }

    /// <summary>Adds the block's state, which lies where the block goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        uint* blocks, int index, Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d)
    {
        var block = blocks + (index * ChaCha20.StateWords);
        (a + Vector128.LoadAligned(block)).StoreAligned(block);
        (b + Vector128.LoadAligned(block + 4)).StoreAligned(block + 4);
        (c + Vector128.LoadAligned(block + 8)).StoreAligned(block + 8);
        (d + Vector128.LoadAligned(block + 12)).StoreAligned(block + 12);
    }
}
