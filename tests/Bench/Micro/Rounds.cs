using System.Globalization;

namespace WireGuard.Bench.Micro;

/// <summary>Contestants that take turns, round by round, so that what else the machine does meets all alike; processor time counts.</summary>
internal static class Rounds
{
    public const int Count = 11;

    private static readonly TimeSpan s_roundTime = TimeSpan.FromMilliseconds(15);

    /// <summary>Nanoseconds of processor time for one unit of each contestant's work, median of the rounds.</summary>
    public static double[] Measure(IReadOnlyList<Work> contestants)
    {
        var times = contestants.Select(_ => new double[Count]).ToArray();
        // Rounds below 0 warm up.
        for (var round = -2; round < Count; round++)
            for (var i = 0; i < contestants.Count; i++)
            {
                var time = Time(contestants[i]);
                if (round >= 0)
                    times[i][round] = time;
            }

        return [.. times.Select(t => Sample.Of(t).Median)];
    }

    public static string Nanoseconds(double value) => value < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{value:0.0} ns")
        : string.Create(CultureInfo.InvariantCulture, $"{value:N0} ns");

    public static string PerSecond(double nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{1e9 / nanoseconds:N0}");

    public static string Ratio(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00}");

    private static double Time(Work work)
    {
        long units = 0;
        var start = Environment.CpuUsage.TotalTime;
        TimeSpan used;
        do
        {
            work.Do();
            units += work.Units;
            used = Environment.CpuUsage.TotalTime - start;
        }
        while (used < s_roundTime);
        return used.TotalNanoseconds / units;
    }
}

/// <summary>Something to measure.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Units">What one call does so many of; enough that a call takes tens of microseconds.</param>
/// <param name="Do">One call.</param>
internal sealed record Work(string Name, int Units, Action Do);
