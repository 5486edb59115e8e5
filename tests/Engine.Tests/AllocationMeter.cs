namespace WireGuard.Tests;

/// <summary>
/// Tells what a round of work allocates for good from what the runtime allocates once on the same thread (type loading,
/// statics, a tier of compilation that comes late). Rounds are measured in windows, and the best window counts: whatever
/// allocates in every window, be it one object in one of its rounds, shows.
/// </summary>
internal static class AllocationMeter
{
    internal const int RoundsPerWindow = 100;

    private const int Windows = 20;

    /// <summary>Fails when no window of <see cref="RoundsPerWindow"/> rounds on this thread is free of allocations.</summary>
    /// <returns>How many rounds have run.</returns>
    internal static int AssertNothingAllocated(Action round)
    {
        for (var i = 0; i < RoundsPerWindow; i++)
            round();
        var least = long.MaxValue;
        var rounds = RoundsPerWindow;
        for (var window = 0; window < Windows && least != 0; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < RoundsPerWindow; i++)
                round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            rounds += RoundsPerWindow;
        }

        Assert.True(least == 0, $"{RoundsPerWindow} rounds allocate {least} bytes or more in each of {Windows} windows.");
        return rounds;
    }
}
