using System.Diagnostics;
using System.Globalization;

namespace WireGuard.Bench.Micro;

/// <summary>What a packet costs a whole device that has one peer, and one that has many, without system calls.</summary>
internal static class DeviceBench
{
    public const string Title = "Device in memory, one peer and many";

    private const int Packets = 2000;
    private const int Repeats = 10;
    private const int ManyPeers = 1000;
    private const int PrefixesOfEach = 10;
    private static readonly int[] s_lengths = [64, 1420];
    private static readonly TimeSpan s_warming = TimeSpan.FromSeconds(3);

    public static Section Measure()
    {
        using var one = new HubScene(1, 1);
        using var many = new HubScene(ManyPeers, PrefixesOfEach);
        // The compiler works beside the first rounds, and its processor time counts.
        for (var warming = Stopwatch.StartNew(); warming.Elapsed < s_warming;)
        {
            Time(one, isOut: true, s_lengths[0], isSpread: false);
            Time(many, isOut: false, s_lengths[0], isSpread: true);
        }

        var rows = new List<string[]> { (string[])["", "one peer, one prefix", "a second and core", "1,000 peers, 10,000 prefixes, one speaks", "ratio", "all speak in turn", "ratio"] };
        foreach (var (isOut, length) in s_lengths.SelectMany(l => new[] { (true, l), (false, l) }))
        {
            Func<double>[] contestants = [() => Time(one, isOut, length, false), () => Time(many, isOut, length, false), () => Time(many, isOut, length, true)];
            var times = contestants.Select(_ => new double[Rounds.Count]).ToArray();
            for (var round = -2; round < Rounds.Count; round++)
                for (var i = 0; i < times.Length; i++)
                {
                    var time = contestants[i]();
                    if (round >= 0)
                        times[i][round] = time;
                }

            var single = Sample.Of(times[0]).Median;
            rows.Add(
            [
                $"{(isOut ? "out" : "in")}, {length} B", Rounds.Nanoseconds(single), Rounds.PerSecond(single),
                Rounds.Nanoseconds(Sample.Of(times[1]).Median), Ratio(times[1]), Rounds.Nanoseconds(Sample.Of(times[2]).Median), Ratio(times[2]),
            ]);

            string Ratio(double[] crowd)
            {
                var (median, min, max) = Sample.Of(times[0].Zip(crowd, (alone, with) => with / alone));
                return $"{Rounds.Ratio(median)} ({Rounds.Ratio(min)}-{Rounds.Ratio(max)})";
            }
        }

        return new Section(
            Title,
            string.Create(CultureInfo.InvariantCulture, $"Nanoseconds of processor time for a packet at one device, from its TUN to its socket or back, without system calls: both are queues in memory, whose locks and copies are in it. Median of {Rounds.Count} interleaved rounds of {Repeats} times {Packets:N0} packets, ratios within a round. When all speak in turn, no two packets of a batch share peer, key or prefix, and most of what they need is out of the caches: the worst there is. Goals for the ratio: 1.5, then 1.2."),
            rows);
    }

    private static double Time(HubScene scene, bool isOut, int length, bool isSpread)
    {
        var used = TimeSpan.Zero;
        for (var i = 0; i < Repeats; i++)
        {
            if (isOut)
                scene.PrepareOut(Packets, length, isSpread);
            else
                scene.PrepareIn(Packets, length, isSpread);
            var start = Environment.CpuUsage.TotalTime;
            scene.Work();
            used += Environment.CpuUsage.TotalTime - start;
            if (scene.Clear() is not Packets and var count)
                throw new InvalidOperationException($"{count} of {Packets} packets came out.");
        }

        return used.TotalNanoseconds / (Repeats * Packets);
    }
}
