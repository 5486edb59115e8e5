using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// 32-bit rotations of vector elements: one instruction with AVX-512VL, else a byte shuffle where the distance is whole
/// bytes, else two shifts. The 256-bit ones demand AVX2.
/// </summary>
internal static class Rotate
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left7(Vector128<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 7) : (v << 7) | (v >>> 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left8(Vector128<uint> v) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateLeft(v, 8)
            : Vector128.Shuffle(v.AsByte(), Vector128.Create((byte)3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left12(Vector128<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 12) : (v << 12) | (v >>> 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left16(Vector128<uint> v) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateLeft(v, 16)
            : Vector128.Shuffle(v.AsByte(), Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left20(Vector128<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 20) : (v << 20) | (v >>> 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left24(Vector128<uint> v) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateLeft(v, 24)
            : Vector128.Shuffle(v.AsByte(), Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Left25(Vector128<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 25) : (v << 25) | (v >>> 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Left7(Vector256<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 7) : (v << 7) | (v >>> 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Left8(Vector256<uint> v) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateLeft(v, 8)
            : Avx2.Shuffle(v.AsByte(), Vector256.Create(Vector128.Create((byte)3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14))).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Left12(Vector256<uint> v) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(v, 12) : (v << 12) | (v >>> 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Left16(Vector256<uint> v) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateLeft(v, 16)
            : Avx2.Shuffle(v.AsByte(), Vector256.Create(Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))).AsUInt32();
}
