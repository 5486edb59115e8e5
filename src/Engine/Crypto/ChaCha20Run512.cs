using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Sixteen blocks of ChaCha20 keystream with AVX-512, a vector holding one word of all of them: a quarter less work than
/// <see cref="ChaCha20Vector512"/>, because no rows are turned between rounds. For runs within one text or from the end of
/// one to the beginning of the next; more states would cost more to spread than that saves.
/// </summary>
internal static unsafe class ChaCha20Run512
{
    internal const int Blocks = 16;

    /// <summary>Makes the blocks and writes them.</summary>
    /// <param name="output">Aligned to 64 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Make(uint* state, uint counter, int count, uint* nextState, uint nextCounter, uint* output) =>
        Make(state, counter, count, nextState, nextCounter, output, null);

    /// <inheritdoc cref="IAeadKernel.Run"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Combine(uint* state, uint counter, int count, uint* nextState, uint nextCounter, byte** texts) =>
        Make(state, counter, count, nextState, nextCounter, null, texts);

    // Never inlined: where it was, the JIT's budget was used up before its quarter rounds.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Make(uint* state, uint counter, int count, uint* nextState, uint nextCounter, uint* output, byte** texts)
    {
        var isFirst = Vector512.LessThan(Vector512<uint>.Indices, Vector512.Create((uint)count));
        var counters = Vector512<uint>.Indices + Vector512.ConditionalSelect(
            isFirst, Vector512.Create(counter), Vector512.Create(nextCounter - (uint)count));
        var x0 = Vector512.Create(state[0]);
        var x1 = Vector512.Create(state[1]);
        var x2 = Vector512.Create(state[2]);
        var x3 = Vector512.Create(state[3]);
        var x4 = Word(state, nextState, 4, isFirst);
        var x5 = Word(state, nextState, 5, isFirst);
        var x6 = Word(state, nextState, 6, isFirst);
        var x7 = Word(state, nextState, 7, isFirst);
        var x8 = Word(state, nextState, 8, isFirst);
        var x9 = Word(state, nextState, 9, isFirst);
        var x10 = Word(state, nextState, 10, isFirst);
        var x11 = Word(state, nextState, 11, isFirst);
        var x12 = counters;
        var x13 = Word(state, nextState, 13, isFirst);
        var x14 = Word(state, nextState, 14, isFirst);
        var x15 = Word(state, nextState, 15, isFirst);
        for (var i = 0; i < 10; i++)
        {
            QuarterRounds(
                ref x0, ref x4, ref x8, ref x12, ref x1, ref x5, ref x9, ref x13,
                ref x2, ref x6, ref x10, ref x14, ref x3, ref x7, ref x11, ref x15);
            QuarterRounds(
                ref x0, ref x5, ref x10, ref x15, ref x1, ref x6, ref x11, ref x12,
                ref x2, ref x7, ref x8, ref x13, ref x3, ref x4, ref x9, ref x14);
        }

        x0 += Vector512.Create(state[0]);
        x1 += Vector512.Create(state[1]);
        x2 += Vector512.Create(state[2]);
        x3 += Vector512.Create(state[3]);
        TurnWords(ref x0, ref x1, ref x2, ref x3);
        x4 += Word(state, nextState, 4, isFirst);
        x5 += Word(state, nextState, 5, isFirst);
        x6 += Word(state, nextState, 6, isFirst);
        x7 += Word(state, nextState, 7, isFirst);
        TurnWords(ref x4, ref x5, ref x6, ref x7);
        x8 += Word(state, nextState, 8, isFirst);
        x9 += Word(state, nextState, 9, isFirst);
        x10 += Word(state, nextState, 10, isFirst);
        x11 += Word(state, nextState, 11, isFirst);
        TurnWords(ref x8, ref x9, ref x10, ref x11);
        x12 += counters;
        x13 += Word(state, nextState, 13, isFirst);
        x14 += Word(state, nextState, 14, isFirst);
        x15 += Word(state, nextState, 15, isFirst);
        TurnWords(ref x12, ref x13, ref x14, ref x15);
        if (texts is null)
        {
            StoreEveryFourth(x0, x4, x8, x12, output);
            StoreEveryFourth(x1, x5, x9, x13, output + 16);
            StoreEveryFourth(x2, x6, x10, x14, output + 32);
            StoreEveryFourth(x3, x7, x11, x15, output + 48);
        }
        else
        {
            CombineEveryFourth(x0, x4, x8, x12, texts);
            CombineEveryFourth(x1, x5, x9, x13, texts + 1);
            CombineEveryFourth(x2, x6, x10, x14, texts + 2);
            CombineEveryFourth(x3, x7, x11, x15, texts + 3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Word(uint* state, uint* nextState, int word, Vector512<uint> isFirst) =>
        Vector512.ConditionalSelect(isFirst, Vector512.Create(state[word]), Vector512.Create(nextState[word]));

    /// <summary>Four quarter rounds side by side, which hide each other's waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(
        ref Vector512<uint> a0, ref Vector512<uint> b0, ref Vector512<uint> c0, ref Vector512<uint> d0,
        ref Vector512<uint> a1, ref Vector512<uint> b1, ref Vector512<uint> c1, ref Vector512<uint> d1,
        ref Vector512<uint> a2, ref Vector512<uint> b2, ref Vector512<uint> c2, ref Vector512<uint> d2,
        ref Vector512<uint> a3, ref Vector512<uint> b3, ref Vector512<uint> c3, ref Vector512<uint> d3)
    {
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx512F.RotateLeft(d0 ^ a0, 16);
        d1 = Avx512F.RotateLeft(d1 ^ a1, 16);
        d2 = Avx512F.RotateLeft(d2 ^ a2, 16);
        d3 = Avx512F.RotateLeft(d3 ^ a3, 16);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = Avx512F.RotateLeft(b0 ^ c0, 12);
        b1 = Avx512F.RotateLeft(b1 ^ c1, 12);
        b2 = Avx512F.RotateLeft(b2 ^ c2, 12);
        b3 = Avx512F.RotateLeft(b3 ^ c3, 12);
        a0 += b0;
        a1 += b1;
        a2 += b2;
        a3 += b3;
        d0 = Avx512F.RotateLeft(d0 ^ a0, 8);
        d1 = Avx512F.RotateLeft(d1 ^ a1, 8);
        d2 = Avx512F.RotateLeft(d2 ^ a2, 8);
        d3 = Avx512F.RotateLeft(d3 ^ a3, 8);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = Avx512F.RotateLeft(b0 ^ c0, 7);
        b1 = Avx512F.RotateLeft(b1 ^ c1, 7);
        b2 = Avx512F.RotateLeft(b2 ^ c2, 7);
        b3 = Avx512F.RotateLeft(b3 ^ c3, 7);
    }

    /// <summary>Four words of sixteen blocks become, in 128-bit part i of vector k, those words of block 4i + k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnWords(ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d)
    {
        var abLow = Avx512F.UnpackLow(a, b).AsUInt64();
        var abHigh = Avx512F.UnpackHigh(a, b).AsUInt64();
        var cdLow = Avx512F.UnpackLow(c, d).AsUInt64();
        var cdHigh = Avx512F.UnpackHigh(c, d).AsUInt64();
        a = Avx512F.UnpackLow(abLow, cdLow).AsUInt32();
        b = Avx512F.UnpackHigh(abLow, cdLow).AsUInt32();
        c = Avx512F.UnpackLow(abHigh, cdHigh).AsUInt32();
        d = Avx512F.UnpackHigh(abHigh, cdHigh).AsUInt32();
    }

    /// <summary>Writes four blocks, whose quarters the vectors hold, with three blocks' room between them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEveryFourth(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, uint* output)
    {
        ChaCha20Vector512.Turn(ref a, ref b, ref c, ref d);
        a.StoreAligned(output);
        b.StoreAligned(output + 64);
        c.StoreAligned(output + 128);
        d.StoreAligned(output + 192);
    }

    /// <summary>Combines four blocks of text, of which three others lie between each two, with four blocks that the vectors hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CombineEveryFourth(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, byte** texts)
    {
        ChaCha20Vector512.Turn(ref a, ref b, ref c, ref d);
        (a ^ Vector512.Load((uint*)texts[0])).Store((uint*)texts[0]);
        (b ^ Vector512.Load((uint*)texts[4])).Store((uint*)texts[4]);
        (c ^ Vector512.Load((uint*)texts[8])).Store((uint*)texts[8]);
        (d ^ Vector512.Load((uint*)texts[12])).Store((uint*)texts[12]);
    }
}
