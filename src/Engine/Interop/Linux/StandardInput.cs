namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// Standard input without the runtime's console, whose reads nothing ends: neither a signal nor a terminal that is gone. Reading ends with a
/// <see cref="OperationCanceledException"/> when it is to be broken off.
/// </summary>
internal sealed unsafe class StandardInput(CancellationToken cancel) : Stream
{
    internal const int Descriptor = 0;

    // How late a signal may be heard.
    private const int SliceMilliseconds = 100;

    /// <summary>False: it was closed when this process began, and whatever has its number now is something of ours.</summary>
    public static bool IsThere { get; } = Libc.IsInherited(Descriptor);

    public static bool IsTerminal => Libc.IsTerminal(Descriptor) == 1;

    /// <summary>Called between the slices of a wait.</summary>
    public Action? Idle { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>0 at the end, also that of a terminal.</summary>
    public override int Read(Span<byte> buffer)
    {
        var waiting = new PollDescriptor { Descriptor = Descriptor, Events = Libc.POLLIN };
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (Libc.Poll(&waiting, 1, SliceMilliseconds) <= 0)
            {
                Idle?.Invoke();
                continue;
            }

            nint read;
            fixed (byte* bytes = buffer)
                read = Libc.Read(Descriptor, bytes, (nuint)buffer.Length);
            if (read > 0)
                return (int)read;
            if (read < 0 && Libc.LastError is (Errno.EINTR or Errno.EAGAIN))
                continue;
            // A terminal that has hung up: its signal is on the way, and says more than an end.
            if ((waiting.Returned & Libc.POLLERR) != 0 && cancel.WaitHandle.WaitOne(SliceMilliseconds * 10))
                continue;
            return 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
