using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>512-bit vectors: AVX-512F, which every CPU with AVX-512 has.</summary>
internal readonly unsafe struct Avx512Kernel : IAeadKernel
{
    // Below this eight powers of r cost more than eight lanes save; four may still pay.
    private const int VectorThreshold = 3 * Poly1305Vector512.GroupBytes;

    public static string Name => "AVX-512";

    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Keystream(uint* state, int wanted, byte* output) => ChaCha20Vector512.Keystream(state, wanted, output);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor(byte* text, byte* keystream, int length) => VectorXor.By64(text, keystream, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Absorb(ref Poly1305 poly, byte* text, int length)
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
