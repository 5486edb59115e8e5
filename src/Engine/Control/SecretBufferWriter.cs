using System.Buffers;
using System.Security.Cryptography;

namespace WireGuard.Engine.Control;

/// <summary>A growing buffer for text that may carry keys: pinned, and zeroed when outgrown and when disposed of.</summary>
internal sealed class SecretBufferWriter(int initialSize) : IBufferWriter<byte>, IDisposable
{
    private byte[] _buffer = GC.AllocateArray<byte>(initialSize, pinned: true);
    private int _written;

    internal ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _written);

    internal int Count => _written;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _written));
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_written);
    }

    /// <summary>Zeroes what was written and begins anew in the same memory.</summary>
    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _written = 0;
    }

    public void Dispose() => Clear();

    private void Reserve(int size)
    {
        if (_buffer.Length - _written >= size)
            return;
        var larger = GC.AllocateArray<byte>((int)Math.Min(Array.MaxLength, Math.Max(_buffer.Length * 2L, _written + (long)size)), pinned: true);
        _buffer.AsSpan(0, _written).CopyTo(larger);
        CryptographicOperations.ZeroMemory(_buffer);
        _buffer = larger;
    }
}
