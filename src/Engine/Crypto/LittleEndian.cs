using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Crypto;

/// <summary>Unaligned little-endian words behind raw pointers.</summary>
internal static unsafe class LittleEndian
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ReadUInt32(byte* source)
    {
        var value = Unsafe.ReadUnaligned<uint>(source);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ReadUInt64(byte* source)
    {
        var value = Unsafe.ReadUnaligned<ulong>(source);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteUInt64(byte* destination, ulong value) =>
        Unsafe.WriteUnaligned(destination, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
}
