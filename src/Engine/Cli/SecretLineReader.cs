using System.Security.Cryptography;

namespace WireGuard.Engine.Cli;

/// <summary>
/// Lines of a stream as bytes in one pinned buffer that is zeroed behind itself, for keys on standard input. A line that
/// does not fit comes in pieces: none of them is a key.
/// </summary>
internal sealed class SecretLineReader(Stream input) : IDisposable
{
    private const int BufferSize = 1024;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(BufferSize, pinned: true);
    private int _start;
    private int _end;

    /// <summary>Of the line read last, from 1.</summary>
    public int LineNumber { get; private set; }

    /// <summary>The next line without its end and surrounding blanks, valid until the next call; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var waiting = _buffer.AsSpan(_start, _end - _start);
            var length = waiting.IndexOf((byte)'\n');
            if (length >= 0)
                return Take(length, length + 1, out line);
            if (waiting.Length == BufferSize || !Fill())
                return Take(_end - _start, _end - _start, out line);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_buffer);

    private bool Take(int length, int consumed, out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_start, length).Trim(" \t\r"u8);
        _start += consumed;
        if (consumed > 0)
            LineNumber++;
        return consumed > 0;
    }

    private bool Fill()
    {
        var kept = _end - _start;
        _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(kept));
        (_start, _end) = (0, kept);
        var read = input.Read(_buffer, kept, BufferSize - kept);
        _end += read;
        return read > 0;
    }
}
