using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace WireGuard.Engine.Enrollment;

/// <summary>Writes entries of type, length and value, and zeros behind the last (docs/enrollment-protocol.md, section 5.1).</summary>
internal ref struct PayloadWriter
{
    private readonly Span<byte> _payload;
    private int _length;

    internal PayloadWriter(Span<byte> payload)
    {
        payload.Clear();
        _payload = payload;
    }

    internal void Add(PayloadType type, scoped ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_payload[_length..], (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(_payload[(_length + 2)..], (ushort)value.Length);
        value.CopyTo(_payload[(_length + 4)..]);
        _length += 4 + value.Length;
    }

    internal void Add(PayloadType type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Add(type, bytes);
    }

    internal void Add(PayloadType type, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Add(type, bytes);
    }

    internal void Add(PayloadType type, string text) => Add(type, Encoding.UTF8.GetBytes(text));

    internal void Add(PayloadType type, IPAddress address) => Add(type, address.GetAddressBytes());

    internal void Add(PayloadType type, IPAddress address, int prefixLength) => Add(type, [.. address.GetAddressBytes(), (byte)prefixLength]);
}
