namespace WireGuard.Tests.Device;

/// <summary>A clock that moves when the test says so: one nanosecond a tick, wall time and monotonic time alike.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private long _nanoseconds = 1_000_000_000_000;
    private DateTimeOffset _utc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Interlocked.Read(ref _nanoseconds);

    public override DateTimeOffset GetUtcNow() => _utc;

    internal void Advance(TimeSpan by)
    {
        Interlocked.Add(ref _nanoseconds, by.Ticks * 100);
        _utc += by;
    }
}
