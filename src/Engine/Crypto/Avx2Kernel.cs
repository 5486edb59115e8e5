using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>256-bit vectors: AVX2, with AVX-512VL's rotations where the CPU has those.</summary>
internal readonly unsafe struct Avx2Kernel : IAeadKernel
{
    // Below this the powers of r cost more than the lanes save.
    private const int VectorThreshold = 3 * Poly1305Vector256.GroupBytes;

    public static string Name => "AVX2";

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Keystream(uint* state, int wanted, byte* output) =>
        ChaCha20Vector256.Keystream(state, Math.Min(wanted, IAeadKernel.KeystreamBlocks), output);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By32(text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Absorb(ref Poly1305 poly, byte* text, int length)
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
