using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// 128-bit vectors, which x64 and arm64 always have. Poly1305 stays with 64-bit words: two lanes of 26-bit limbs were
/// measured a tenth slower.
/// </summary>
internal readonly unsafe struct Vector128Kernel : IAeadKernel
{
    public static string Name => "Vector128";

    public static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    public static int RunBlocks => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(uint* state, uint counter, uint* blocks, int count)
    {
        var constants = Vector128.LoadAligned(state);
        var keyLow = Vector128.LoadAligned(state + 4);
        var keyHigh = Vector128.LoadAligned(state + 8);
        var input = Vector128.LoadAligned(state + 12) + Vector128.CreateScalar(counter);
        for (; count > 0; count--, blocks += ChaCha20.StateWords)
        {
            constants.StoreAligned(blocks);
            keyLow.StoreAligned(blocks + 4);
            keyHigh.StoreAligned(blocks + 8);
            input.StoreAligned(blocks + 12);
            input += Vector128.CreateScalar(1u);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blocks(uint* blocks, int count) => ChaCha20Vector128.Blocks(blocks, count);

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
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By16(text, keystream, length);

    public static void Tag(byte* text, int length, byte* key, byte* tag)
    {
        Unsafe.SkipInit(out Poly1305 poly);
        poly.Start(key);
        poly.AbsorbPadded(text, length);
        poly.Finish(0, (ulong)length, tag);
    }

    public static void Tags(ReadOnlySpan<AeadPacket> packets, byte* keys, byte* tags)
    {
        for (var i = 0; i < packets.Length; i++)
            Tag(packets[i].Data, packets[i].Length, keys + (i * Poly1305.KeySize), tags + (i * Poly1305.TagSize));
    }
}
