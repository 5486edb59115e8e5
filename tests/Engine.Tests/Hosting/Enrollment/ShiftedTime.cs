namespace WireGuard.Tests.Hosting;

/// <summary>The system's clocks, ahead by as much as a test says.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticksAhead;

    /// <summary>The wall clock alone, as when somebody sets it.</summary>
    internal TimeSpan Ahead { get; set; }

    /// <summary>So much time goes by, by both clocks.</summary>
    internal void Pass(TimeSpan time)
    {
        Volatile.Write(ref _ticksAhead, Volatile.Read(ref _ticksAhead) + time.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead + Passed;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);

    private TimeSpan Passed => TimeSpan.FromTicks(Volatile.Read(ref _ticksAhead));
}
