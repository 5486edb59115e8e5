using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Udp;

/// <summary>Ports and IPv4 addresses between <see cref="Packets.UdpEndpoint"/> and socket addresses.</summary>
internal static class NetworkOrder
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Swap(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;

    /// <summary>The address goes into the first four bytes of the field's memory, whatever the byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteIPv4(ref ulong field, uint address) => Unsafe.As<ulong, uint>(ref field) = address;

    /// <inheritdoc cref="WriteIPv4"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadIPv4(in ulong field) => Unsafe.As<ulong, uint>(ref Unsafe.AsRef(in field));
}
