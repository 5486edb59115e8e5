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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Keystream(uint* state, int wanted, byte* output) =>
        ChaCha20Vector128.Keystream(state, Math.Min(wanted, IAeadKernel.KeystreamBlocks), output);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By16(text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Absorb(ref Poly1305 poly, byte* text, int length) => poly.AbsorbPadded(text, length);
}
