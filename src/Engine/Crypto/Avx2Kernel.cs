using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>256-bit vectors: AVX2, with AVX-512VL's rotations where the CPU has those.</summary>
internal readonly unsafe struct Avx2Kernel : IAeadKernel
{
    // Below this the powers of r cost more than the lanes save.
    private const int VectorThreshold = 3 * Poly1305Vector256.GroupBytes;

    public static string Name => "AVX2";

    public static bool IsSupported => Avx2.IsSupported;

    public static int RunBlocks => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(uint* state, uint counter, uint* blocks, int count)
    {
        var low = Vector256.LoadAligned(state);
        var high = Vector256.LoadAligned(state + 8) + Vector256.Create(0, 0, 0, 0, counter, 0, 0, 0);
        for (; count > 0; count--, blocks += ChaCha20.StateWords)
        {
            low.StoreAligned(blocks);
            high.StoreAligned(blocks + 8);
            high += Vector256.Create(0u, 0, 0, 0, 1, 0, 0, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blocks(uint* blocks, int count) => ChaCha20Vector256.Blocks(blocks, count);

    public static void Run(uint* state, uint counter, int count, uint* nextState, uint nextCounter, byte** texts) =>
        throw new NotSupportedException();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Alone(byte* key, ulong packetCounter, uint* output, int count)
    {
        ChaCha20.Start(output, key, packetCounter);
        Spread(output, 0, output, count);
        Blocks(output, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By32(text, keystream, length);

    public static void Tag(byte* text, int length, byte* key, byte* tag)
    {
        Unsafe.SkipInit(out Poly1305 poly);
        poly.Start(key);
        Absorb(ref poly, text, length);
        poly.Finish(0, (ulong)length, tag);
    }

    public static void Tags(ReadOnlySpan<AeadPacket> packets, byte* keys, byte* tags)
    {
        for (var i = 0; i < packets.Length; i++)
            Tag(packets[i].Data, packets[i].Length, keys + (i * Poly1305.KeySize), tags + (i * Poly1305.TagSize));
    }

    /// <summary>Absorbs the whole text, padded with zeros to 16 bytes, into an accumulator that is still zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Absorb(ref Poly1305 poly, byte* text, int length)
    {
        if (length < VectorThreshold)
        {
            poly.AbsorbPadded(text, length);
            return;
        }

        var groups = length / Poly1305Vector256.GroupBytes;
        Poly1305Vector256.Absorb(ref poly, text, groups);
        poly.AbsorbPadded(text + (groups * Poly1305Vector256.GroupBytes), length % Poly1305Vector256.GroupBytes);
    }
}
