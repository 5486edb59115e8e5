using System.Globalization;

namespace WireGuard.Bench.EndToEnd;

/// <summary>Our engine against whatever other implementation is there: both ends on this machine, two namespaces, one cable.</summary>
internal static class EndToEndBench
{
    public const string Title = "End to end";
    public const string Picture = "benchmarks.svg";

    private const int DefaultRepetitions = 5;
    private const string Explanation = "Each implementation at both ends of a veth cable between two namespaces of this machine, tunnel MTU 1420; {0} repetitions, the order rotated "
        + "from one to the next. Median, and in brackets smallest and largest. Ratios are taken within a repetition: of this engine to {1}; goals stand beside them (first, then). "
        + "Programs: {2}. iperf3 makes the load and shares the machine's cores with both ends.\n\n![The same as bars](" + Picture + ")";

    /// <param name="document">The picture is written beside it.</param>
    public static Section Measure(string engine, string document, int? repetitions) =>
        LiveSection.Measure(Title, engine, () => Measure(Contender.Find(engine), document, repetitions ?? DefaultRepetitions));

    private static Section Measure(IReadOnlyList<Contender> contenders, string document, int repetitions)
    {
        var results = new Results(contenders);
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var contender = contenders[(i + repetition) % contenders.Count];
                results.Add(contender, MeasureOne(contender));
                Console.Error.WriteLine($"{repetition + 1}/{repetitions} {contender.Name}");
            }
        }

        File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(document))!, Picture), BarChart.Draw(results.Panels()));
        var against = string.Join(", ", results.ComparedWith());
        var programs = string.Join(", ", contenders.Where(c => c.Program is not null && c.Name != Contender.Ours).Select(c => $"{c.Name} ({Version(c)})"));
        return new Section(Title, string.Format(CultureInfo.InvariantCulture, Explanation, repetitions, against, programs.Length == 0 ? "none but this engine" : programs), results.Table());
    }

    internal static Dictionary<Column, double> MeasureOne(Contender contender)
    {
        using var tunnel = new LoadedTunnel(contender);
        var figures = new Dictionary<Column, double>();
        _ = tunnel.Transfer("-t", "1");

        var before = tunnel.ProcessorTime();
        var tcp = tunnel.Transfer("-t", "4").GetProperty("sum_received");
        figures[Column.Tcp] = tcp.GetProperty("bits_per_second").GetDouble() / 1e9;
        if (contender.Program is not null)
            figures[Column.PerCpu] = tcp.GetProperty("bytes").GetDouble() * 8 / 1e9 / (tunnel.ProcessorTime() - before);
        figures[Column.Tcp4] = tunnel.Transfer("-t", "3", "-P", "4").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
        figures[Column.Reverse] = tunnel.Transfer("-t", "3", "-R").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;

        var udp = tunnel.Transfer("-u", "-l", "64", "-b", "0", "-t", "3").GetProperty("sum");
        figures[Column.SmallUdp] = (udp.GetProperty("packets").GetDouble() - udp.GetProperty("lost_packets").GetDouble()) / udp.GetProperty("seconds").GetDouble() / 1e3;
        figures[Column.RoundTrip] = RequestResponse.Measure(tunnel, TimeSpan.FromSeconds(3));
        if (contender.Program is null)
            return figures;

        before = tunnel.ProcessorTime();
        _ = tunnel.Transfer("-t", "5", "-b", "400M");
        figures[Column.Paced] = tunnel.ProcessorTime() - before;
        figures[Column.Memory] = tunnel.PeakMemory();
        return figures;
    }

    private static string Version(Contender contender)
    {
        try
        {
            var output = Tests.ProcessResult.Run(contender.Program!, ["--version"], TimeSpan.FromSeconds(5)).Output;
            return output.Split('\n')[0].Replace(contender.Name, "", StringComparison.OrdinalIgnoreCase).Trim() is { Length: > 0 } version ? version : "version not told";
        }
        catch (InvalidOperationException)
        {
            return "version not told";
        }
    }
}
