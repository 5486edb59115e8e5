using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>clock_gettime(2).</summary>
internal static unsafe partial class Libc
{
    private const int CLOCK_BOOTTIME = 7;

    /// <summary>Nanoseconds since boot, time in suspend included.</summary>
    public static long BootTimeNanoseconds()
    {
        TimeSpec time;
        _ = GetClock(CLOCK_BOOTTIME, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    // A vDSO call of some 20 ns that never blocks: the transition that lets the collector in would cost as much again.
    [LibraryImport(Library, EntryPoint = "clock_gettime"), SuppressGCTransition]
    private static partial int GetClock(int clock, TimeSpec* time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
