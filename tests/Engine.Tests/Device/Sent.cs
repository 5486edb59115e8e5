using System.Buffers.Binary;

namespace WireGuard.Tests.Device;

/// <summary>A datagram on the network of a <see cref="DevicePair"/>.</summary>
/// <param name="At">Monotonic time since the pair was made.</param>
internal sealed record Sent(TimeSpan At, bool FromB, byte[] Bytes)
{
    internal bool IsInitiation => Bytes[0] == 1;

    internal bool IsResponse => Bytes[0] == 2;

    internal bool IsTransport => Bytes[0] == 4;

    internal bool IsKeepalive => IsTransport && Bytes.Length == 32;

    internal bool IsData => IsTransport && !IsKeepalive;

    internal uint SenderIndex => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(4));

    internal ulong Counter => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(8));
}
