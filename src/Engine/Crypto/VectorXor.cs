using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

/// <summary>text ^= keystream in vectors of each width, byte-exact at the end.</summary>
internal static unsafe class VectorXor
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void By64(byte* text, byte* keystream, int length)
    {
        for (; length >= 64; length -= 64, text += 64, keystream += 64)
            (Vector512.Load(text) ^ Vector512.Load(keystream)).Store(text);
        Rest(text, keystream, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void By32(byte* text, byte* keystream, int length)
    {
        for (; length >= 32; length -= 32, text += 32, keystream += 32)
            (Vector256.Load(text) ^ Vector256.Load(keystream)).Store(text);
        Rest(text, keystream, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void By16(byte* text, byte* keystream, int length) => Rest(text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rest(byte* text, byte* keystream, int length)
    {
        for (; length >= 16; length -= 16, text += 16, keystream += 16)
            (Vector128.Load(text) ^ Vector128.Load(keystream)).Store(text);
        for (; length >= 4; length -= 4, text += 4, keystream += 4)
            Unsafe.WriteUnaligned(text, Unsafe.ReadUnaligned<uint>(text) ^ Unsafe.ReadUnaligned<uint>(keystream));
        for (; length > 0; length--, text++, keystream++)
            *text ^= *keystream;
    }
}
