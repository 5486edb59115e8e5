using System.Buffers.Binary;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// The timestamp of a handshake initiation (whitepaper, section 5.1; TAI64N of D. J. Bernstein's libtai): 12 bytes,
/// big-endian, 8 of seconds and 4 of nanoseconds, so that byte order is time order.
/// </summary>
public static class Tai64N
{
    public const int Size = 12;

    // 2^62 is TAI64's name for 1970; TAI was ten seconds ahead of UTC then, and like all implementations of the
    // protocol this one counts no leap seconds after it.
    private const ulong UnixEpochLabel = 0x4000_0000_0000_000A;

    // Low bits are dropped, so that a handshake does not tell the exact clock (16.8 ms steps, as the kernel does).
    private const uint NanosecondMask = ~((1u << 24) - 1);

    private const uint NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Writes <paramref name="time"/>, its nanoseconds rounded down to a multiple of 2^24.</summary>
    /// <param name="label"><see cref="Size"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="label"/> has another length.</exception>
    public static void Write(Span<byte> label, DateTimeOffset time)
    {
        CheckLength.Is(Size, label);
        var (seconds, ticks) = Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, TimeSpan.TicksPerSecond);
        if (ticks < 0)
        {
            seconds--;
            ticks += TimeSpan.TicksPerSecond;
        }

        BinaryPrimitives.WriteUInt64BigEndian(label, UnixEpochLabel + (ulong)seconds);
        BinaryPrimitives.WriteUInt32BigEndian(label[8..], (uint)(ticks * TimeSpan.NanosecondsPerTick) & NanosecondMask);
    }

    /// <summary>Moves a written label on by the smallest step: 2^24 nanoseconds, or less where the second ends before.</summary>
    /// <exception cref="ArgumentException"><paramref name="label"/> has another length.</exception>
    public static void Advance(Span<byte> label)
    {
        CheckLength.Is(Size, label);
        var nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(label[8..]) + ~NanosecondMask + 1;
        if (nanoseconds >= NanosecondsPerSecond)
        {
            nanoseconds = 0;
            BinaryPrimitives.WriteUInt64BigEndian(label, BinaryPrimitives.ReadUInt64BigEndian(label) + 1);
        }

        BinaryPrimitives.WriteUInt32BigEndian(label[8..], nanoseconds);
    }

    /// <summary>Negative, zero or positive as <paramref name="left"/> is before, at or after <paramref name="right"/>.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        CheckLength.Is(Size, left);
        CheckLength.Is(Size, right);
        return left.SequenceCompareTo(right);
    }
}
