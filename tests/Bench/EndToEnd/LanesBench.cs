using System.Globalization;

namespace WireGuard.Bench.EndToEnd;

/// <summary>Our engine with one lane and with as many as there are processors, between two hosts.</summary>
internal static class LanesBench
{
    public const string Title = "Lanes";

    private const int DefaultRepetitions = 5;
    private const string QueuesVariable = "WIREGUARD_ENGINE_QUEUES";
    private const string Explanation = "This engine at both ends as above, with one lane and with {1}; {0} repetitions in turn. Median, and in brackets smallest and largest, "
        + "ratios within a repetition. Both ends and iperf3 share the machine, so no core idles that a lane more could use.";

    public static Section Measure(string engine, int? repetitions) =>
        LiveSection.Measure(Title, engine, () => Measure(engine, repetitions ?? DefaultRepetitions));

    private static Section Measure(string engine, int repetitions)
    {
        var lanes = Environment.ProcessorCount;
        if (lanes == 1)
            return Section.NotMeasured(Title, "there is one processor");
        Contender[] contenders = [WithLanes(engine, 1), WithLanes(engine, lanes)];
        var results = new Results(contenders);
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                var contender = contenders[(i + repetition) % contenders.Length];
                results.Add(contender, EndToEndBench.MeasureOne(contender));
                Console.Error.WriteLine($"{repetition + 1}/{repetitions} {contender.Name}");
            }
        }

        return new Section(Title, string.Format(CultureInfo.InvariantCulture, Explanation, repetitions, lanes), results.Table(contenders[1], contenders[0]));
    }

    private static Contender WithLanes(string engine, int lanes) => new(lanes == 1 ? "one lane" : $"{lanes} lanes", engine, "-f")
    {
        Environment = new Dictionary<string, string> { [QueuesVariable] = lanes.ToString(CultureInfo.InvariantCulture) },
    };
}
