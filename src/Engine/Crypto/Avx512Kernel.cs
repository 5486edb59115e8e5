using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>512-bit vectors: AVX-512F and BW, which all CPUs with AVX-512 but the first have.</summary>
internal readonly unsafe struct Avx512Kernel : IAeadKernel
{
    // Below this eight powers of r cost more than eight lanes save; four may still pay.
    private const int VectorThreshold = 3 * Poly1305Vector512.GroupBytes;

    public static string Name => "AVX-512";

    public static bool IsSupported => Avx512BW.IsSupported;

    public static int RunBlocks => ChaCha20Run512.Blocks;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(uint* state, uint counter, uint* blocks, int count)
    {
        var block = Vector512.LoadAligned(state) + Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, counter, 0, 0, 0);
        for (; count > 0; count--, blocks += ChaCha20.StateWords)
        {
            block.StoreAligned(blocks);
            block += Vector512.Create(0u, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blocks(uint* blocks, int count) => ChaCha20Vector512.Blocks(blocks, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(uint* state, uint counter, int count, uint* nextState, uint nextCounter, byte** texts) =>
        ChaCha20Run512.Combine(state, counter, count, nextState, nextCounter, texts);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Alone(byte* key, ulong packetCounter, uint* output, int count) =>
        ChaCha20Alone512.Make(key, packetCounter, output, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By64(text, keystream, length);

    public static void Tag(byte* text, int length, byte* key, byte* tag)
    {
        Unsafe.SkipInit(out Poly1305 poly);
        poly.Start(key);
        Absorb(ref poly, text, length);
        poly.Finish(0, (ulong)length, tag);
    }

    public static void Tags(ReadOnlySpan<AeadPacket> packets, byte* keys, byte* tags)
    {
        if (Poly1305Batch512.Pays(packets))
        {
            Poly1305Batch512.Tags(packets, keys, tags);
            return;
        }

        for (var i = 0; i < packets.Length; i++)
            Tag(packets[i].Data, packets[i].Length, keys + (i * Poly1305.KeySize), tags + (i * Poly1305.TagSize));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Absorb(ref Poly1305 poly, byte* text, int length)
    {
        if (length < VectorThreshold)
        {
            Avx2Kernel.Absorb(ref poly, text, length);
            return;
        }

        var groups = length / Poly1305Vector512.GroupBytes;
        Poly1305Vector512.Absorb(ref poly, text, groups);
        poly.AbsorbPadded(text + (groups * Poly1305Vector512.GroupBytes), length % Poly1305Vector512.GroupBytes);
    }
}
