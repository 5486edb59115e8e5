using System.Security.Cryptography;

namespace WireGuard.Engine.Control;

/// <summary>
/// Cuts a byte stream into lines. Keys pass through here: the memory is pinned, and what is consumed is zeroed before
/// more is received.
/// </summary>
internal sealed class LineBuffer(int initialSize, int maxLineBytes) : IDisposable
{
    private byte[] _buffer = GC.AllocateArray<byte>(initialSize, pinned: true);
    private int _start;
    private int _end;
    private int _searched;

    /// <summary>Nothing of an unfinished line is here.</summary>
    internal bool IsEmpty => _start == _end;

    /// <summary>The line being received is longer than allowed; nothing more can be read.</summary>
    internal bool IsOverLong => _end - _start > maxLineBytes;

    /// <summary>The next whole line without its newline, valid until the next <see cref="GetSpace"/>.</summary>
    internal bool TryRead(out ReadOnlyMemory<byte> line)
    {
        var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (length < 0)
        {
            _searched = _end;
            line = default;
            return false;
        }

        line = _buffer.AsMemory(_start, _searched + length - _start);
        _start = _searched = _searched + length + 1;
        return true;
    }

    /// <summary>Room to receive into, never empty unless <see cref="IsOverLong"/>.</summary>
    internal Memory<byte> GetSpace()
    {
        var kept = _end - _start;
        var size = kept < initialSize / 2 ? initialSize : kept * 2 > _buffer.Length ? (int)Math.Min(kept * 2L, Math.Max(initialSize, maxLineBytes + 2L)) : _buffer.Length;
        if (size != _buffer.Length)
        {
            var other = GC.AllocateArray<byte>(size, pinned: true);
            _buffer.AsSpan(_start, kept).CopyTo(other);
            CryptographicOperations.ZeroMemory(_buffer);
            _buffer = other;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
            CryptographicOperations.ZeroMemory(_buffer.AsSpan(kept, _end - kept));
        }

        _searched -= _start;
        _start = 0;
        _end = kept;
        return _buffer.AsMemory(kept);
    }

    internal void Received(int count) => _end += count;

    public void Dispose() => CryptographicOperations.ZeroMemory(_buffer);
}
