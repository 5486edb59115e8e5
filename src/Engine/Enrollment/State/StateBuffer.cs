using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace WireGuard.Engine.Enrollment;

/// <summary>Bytes that grow. What it outgrows and what it leaves behind is zeroed: there are keys in it.</summary>
internal sealed class StateBuffer : IDisposable
{
    private byte[] _bytes = GC.AllocateArray<byte>(512, pinned: true);

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal void Add(byte value) => Reserve(1)[0] = value;

    internal void Add(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    internal void AddNumber(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);

    /// <summary>At most 255 bytes of UTF-8; null and the empty string are one.</summary>
    internal void AddText(string? text)
    {
        var bytes = Encoding.UTF8.GetBytes(text ?? "");
        Add(checked((byte)bytes.Length));
        Add(bytes);
    }

    internal void AddAddress(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        Add((byte)bytes.Length);
        Add(bytes);
    }

    /// <summary>The next so many bytes, for the caller to fill in at once.</summary>
    internal Span<byte> Reserve(int length)
    {
        if (Length + length > _bytes.Length)
        {
            var larger = GC.AllocateArray<byte>(Math.Max(2 * _bytes.Length, Length + length), pinned: true);
            Written.CopyTo(larger);
            CryptographicOperations.ZeroMemory(_bytes);
            _bytes = larger;
        }

        Length += length;
        return _bytes.AsSpan(Length - length, length);
    }

    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(_bytes.AsSpan(0, Length));
        Length = 0;
    }

    public void Dispose() => Clear();
}
