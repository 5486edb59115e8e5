using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Device;

/// <summary>
/// Notices when the wall clock is set far ahead or back while the engine runs. A clock far ahead is worth a line in the
/// log: peers remember the timestamp and refuse earlier ones of the same key later on (CVE-2021-46873). The worker's alone.
/// </summary>
internal sealed class WallClockWatch(DeviceClock clock, EngineLog log)
{
    /// <summary>What time synchronisation corrects in passing stays below.</summary>
    internal static readonly TimeSpan LargeJump = TimeSpan.FromHours(1);

    private TimeSpan? _offset;

    /// <summary>Compares the wall clock's way since the last look with the monotonic clock's.</summary>
    internal void Look()
    {
        var offset = new TimeSpan(clock.UtcNow.UtcTicks - (clock.Now / 100));
        var jump = offset - (_offset ?? offset);
        _offset = offset;
        if (jump >= LargeJump)
            log.Warning($"the wall clock was set ahead by {jump:d\\.hh\\:mm\\:ss}: should that be wrong, peers will refuse handshakes of this private key after the engine's next start until that time has come");
        else if (jump <= -LargeJump)
            log.Warning($"the wall clock was set back by {jump:d\\.hh\\:mm\\:ss}: handshakes go on with timestamps after the last one sent");
    }
}
