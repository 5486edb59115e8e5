using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

public partial struct Blake2s
{
    /// <summary>
    /// The compression function with one vector per row of the 4x4 state: four column mixes at once, then the rows are
    /// turned so that the diagonals become columns.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void CompressVector(Span<uint> chain, ReadOnlySpan<byte> block, ulong counter, bool isLast)
    {
        ref var m = ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(block[..BlockSize]));
        ref var h = ref MemoryMarshal.GetReference(chain[..8]);
        ref var sigma = ref MemoryMarshal.GetReference(Sigma);

        var h0 = Vector128.LoadUnsafe(ref h);
        var h1 = Vector128.LoadUnsafe(ref h, 4);
        var a = h0;
        var b = h1;
        var c = InitialLow;
        var d = InitialHigh
            ^ Vector128.Create((uint)counter, (uint)(counter >> 32), isLast ? uint.MaxValue : 0, 0);

        for (nuint round = 0; round < 160; round += 16)
        {
            ref var s = ref Unsafe.Add(ref sigma, round);
            MixHalf(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 0), first: true);
            MixHalf(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 1), first: false);
            b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
            MixHalf(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 8), first: true);
            MixHalf(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 9), first: false);
            b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
        }

        (h0 ^ a ^ c).StoreUnsafe(ref h);
        (h1 ^ b ^ d).StoreUnsafe(ref h, 4);
    }

    /// <summary>The message words that four mixes side by side take: every second one of the permutation, from <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Gather(ref uint m, ref byte sigma, int start) => Vector128.Create(
        Unsafe.Add(ref m, (nuint)Unsafe.Add(ref sigma, start)),
        Unsafe.Add(ref m, (nuint)Unsafe.Add(ref sigma, start + 2)),
        Unsafe.Add(ref m, (nuint)Unsafe.Add(ref sigma, start + 4)),
        Unsafe.Add(ref m, (nuint)Unsafe.Add(ref sigma, start + 6)));

    /// <summary>Half of the mixing function G: with the first message word it turns by 16 and 12, with the second by 8 and 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MixHalf(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d, Vector128<uint> words, bool first)
    {
        a += b + words;
        d = first ? Rotate.Left16(d ^ a) : Rotate.Left24(d ^ a);
        c += d;
        b = first ? Rotate.Left20(b ^ c) : Rotate.Left25(b ^ c);
    }
}
