using System.Text;

namespace WireGuard.Tests.Diagnostics;

/// <summary>A stream that remembers each single write, or fails every one.</summary>
internal sealed class WriteRecorder : Stream
{
    private readonly List<string> _writes = [];

    internal bool Broken { get; set; }

    internal IReadOnlyList<string> Writes
    {
        get
        {
            lock (_writes)
                return [.. _writes];
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Broken)
            throw new IOException("broken pipe");
        lock (_writes)
            _writes.Add(Encoding.UTF8.GetString(buffer));
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
