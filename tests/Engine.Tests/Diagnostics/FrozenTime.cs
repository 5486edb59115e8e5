namespace WireGuard.Tests.Diagnostics;

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class FrozenTime : TimeProvider
{
    internal DateTimeOffset Now { get; set; } = new(2026, 11, 21, 9, 30, 0, 123, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Now;
}
