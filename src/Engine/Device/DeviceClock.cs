namespace WireGuard.Engine.Device;

/// <summary>Monotonic time in nanoseconds and wall time, from one injected provider.</summary>
internal sealed class DeviceClock(TimeProvider provider)
{
    private readonly double _nanosecondsPerTick = 1e9 / provider.TimestampFrequency;
    private readonly bool _ticksAreNanoseconds = provider.TimestampFrequency == 1_000_000_000;

    /// <summary>Monotonic nanoseconds; only differences mean something.</summary>
    internal long Now
    {
        get
        {
            var ticks = provider.GetTimestamp();
            return _ticksAreNanoseconds ? ticks : (long)(ticks * _nanosecondsPerTick);
        }
    }

    internal DateTimeOffset UtcNow => provider.GetUtcNow();
}
