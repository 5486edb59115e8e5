using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// The system's clock with timestamps that go on during suspend (CLOCK_BOOTTIME, nanoseconds), as the kernel driver's do:
/// a session that was slept through is old, not fresh.
/// </summary>
internal sealed class BootTimeProvider : TimeProvider
{
    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Libc.BootTimeNanoseconds();
}
