namespace WireGuard.Tests.Device;

/// <summary>A clock that moves when the test says so, one nanosecond a tick: both times alike, or the wall's alone.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private const long Start = 1_000_000_000_000;

    private long _nanoseconds = Start;
    private DateTimeOffset _utc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Interlocked.Read(ref _nanoseconds);

    public override DateTimeOffset GetUtcNow() => _utc;

    /// <summary>Monotonic time since the clock was made.</summary>
    internal TimeSpan Elapsed => new((GetTimestamp() - Start) / 100);

    /// <summary>Somebody sets the wall clock.</summary>
    internal void JumpWallClock(TimeSpan by) => _utc += by;

    internal void Advance(TimeSpan by)
    {
        Interlocked.Add(ref _nanoseconds, by.Ticks * 100);
        _utc += by;
    }
}
