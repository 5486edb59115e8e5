namespace WireGuard.Client;

/// <summary>
/// Reads lines of UTF-8 that end in LF from a stream, each at most a given number of bytes. The memory handed out is
/// valid until the next read, and zeroed on <see cref="Dispose"/>: answers may carry keys. One reader at a time.
/// </summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>The next line without its LF; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The line is longer than <paramref name="limit"/> bytes.</exception>
    /// <exception cref="EndOfStreamException">The stream ended in the middle of a line.</exception>
    internal async Task<ReadOnlyMemory<byte>?> ReadAsync(int limit, CancellationToken cancellation)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + found);
                _start += line.Length + 1;
                return line.Length <= limit ? line : throw TooLong(limit);
            }

            searched = _end - _start;
            if (searched > limit)
                throw TooLong(limit);
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
                return searched == 0 ? null : throw new EndOfStreamException("The other side closed in the middle of a line.");
            _end += read;
        }
    }

    public void Dispose() => Array.Clear(_buffer);

    private static InvalidDataException TooLong(int limit) => new($"A line is longer than {limit} bytes.");

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
            return;
        var old = _buffer;
        var next = _start > 0 ? old : new byte[old.Length * 2];
        old.AsSpan(_start, _end - _start).CopyTo(next);
        (_start, _end) = (0, _end - _start);
        if (next != old)
            Array.Clear(old);
        _buffer = next;
    }
}
