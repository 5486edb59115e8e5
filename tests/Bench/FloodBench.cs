using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Flood;
using WireGuard.Tests.Interop;

namespace WireGuard.Bench;

/// <summary>What forged handshakes do to a tunnel that carries TCP and to a newcomer, all on this one machine.</summary>
internal static class FloodBench
{
    public const string Title = "Handshake flood";

    private const int Rounds = 5;
    private const int Seconds = 4;
    private const int WarmUpSeconds = 1;
    private const int ConnectAttempts = 20;
    private const string Explanation = "{0:N0} forged initiations a second with a valid mac1, from one address, while iperf3 sends TCP through a tunnel to the "
        + "server and a newcomer connects. {1} rounds of {2} s of each kind, in turn; median, and in brackets slowest and fastest. Generator, both engines, newcomer "
        + "and both iperf3 share this machine: the second row floods a port of the server that only takes datagrams, so what lies between it and the third is what "
        + "the flood costs the engine. To an engine with nothing else to do a forged message costs {3:0.0} µs of processor time. Goals: 80 % of the throughput, the newcomer in within 10 s.";

    public static Section Measure(string engine)
    {
        var directory = Directory.CreateTempSubdirectory("wireguard-bench-");
        Environment.SetEnvironmentVariable(ControlProtocol.DirectoryVariable, Path.Combine(directory.FullName, "run"));
        Environment.SetEnvironmentVariable(InteropRequirement.EngineVariable, engine);
        try
        {
            return InteropRequirement.Missing(["iperf3"]) is { } missing ? Section.NotMeasured(Title, missing) : Measure();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Section Measure()
    {
        using var scene = new FloodScene();
        using var sink = new DatagramSink(scene.Server.Namespace);
        scene.Server.Namespace.Start("iperf3", "-s", "--logfile", "/dev/null");
        Kind[] kinds =
        [
            new("no flood", static () => null),
            new("flood of a port that only takes", () => scene.Flood(sink.Port)),
            new("flood of the tunnel's port", scene.Flood),
        ];
        _ = Transfer(scene, WarmUpSeconds);
        var cost = MeasureCost(scene);
        for (var round = 0; round < Rounds; round++)
            foreach (var kind in kinds)
                kind.Measure(scene);

        var alone = Sample.Of(kinds[0].Rates).Median;
        var rows = new List<string[]> { (string[])["", "sent a second", "TCP", "of no flood", "newcomer in after", "server's memory, most so far"] };
        rows.AddRange(kinds.Select(k => k.Row(alone)));
        return new Section(Title, string.Format(CultureInfo.InvariantCulture, Explanation, HandshakeFlood.PerSecond, Rounds, Seconds, cost), rows);
    }

    /// <summary>Microseconds of processor time that the server spends on each message of a flood.</summary>
    private static double MeasureCost(FloodScene scene)
    {
        using var flood = scene.Flood();
        // The first seconds are the compiler's.
        Thread.Sleep(TimeSpan.FromSeconds(Seconds));
        var (sent, time) = (flood.Sent, scene.ProcessorTime());
        Thread.Sleep(TimeSpan.FromSeconds(Seconds));
        return (scene.ProcessorTime() - time).TotalMicroseconds / (flood.Sent - sent);
    }

    /// <summary>Bits a second that arrived.</summary>
    private static double Transfer(FloodScene scene, int seconds)
    {
        // Between two clients the server does not listen for a moment.
        for (var attempt = 1; ; attempt++)
        {
            var output = scene.Client.Namespace.TryRun("iperf3", "-c", $"{scene.Server.InnerIPv4}", "-t", $"{seconds}", "-O", $"{WarmUpSeconds}", "-J").Output;
            using var json = JsonDocument.Parse(output);
            if (!json.RootElement.TryGetProperty("error", out var error))
                return json.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble();
            if (attempt == ConnectAttempts)
                throw new InvalidOperationException($"iperf3 said: {error.GetString()}");
            Thread.Sleep(100);
        }
    }

    /// <summary>Milliseconds from a newcomer's readiness to its first answer through the tunnel.</summary>
    private static double Arrive(FloodScene scene)
    {
        var host = scene.Newcomer;
        scene.Connect(host);
        var watch = Stopwatch.StartNew();
        host.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "1", "-w", "30", $"{scene.Server.InnerIPv4}");
        var elapsed = watch.Elapsed.TotalMilliseconds;
        host.Engine("down", host.Interface);
        host.AssertNothingLeft();
        return elapsed;
    }

    private sealed class Kind(string name, Func<HandshakeFlood?> start)
    {
        private readonly List<double> _arrivals = [];
        private readonly List<double> _sent = [];
        private int _memory;

        public List<double> Rates { get; } = [];

        public void Measure(FloodScene scene)
        {
            using var flood = start();
            var watch = Stopwatch.StartNew();
            var transfer = Task.Factory.StartNew(() => Transfer(scene, Seconds), TaskCreationOptions.LongRunning);
            Thread.Sleep(TimeSpan.FromSeconds(WarmUpSeconds));
            _arrivals.Add(Arrive(scene));
            Rates.Add(transfer.GetAwaiter().GetResult());
            _sent.Add((flood?.Sent ?? 0) / watch.Elapsed.TotalSeconds);
            _memory = scene.Memory().Peak;
            flood?.Stop();
        }

        public string[] Row(double alone)
        {
            var (rate, slowest, fastest) = Sample.Of(Rates);
            var arrival = Sample.Of(_arrivals);
            return
            [
                name,
                Text($"{Sample.Of(_sent).Median:N0}"),
                Text($"{rate / 1e6:0} Mbit/s ({slowest / 1e6:0}-{fastest / 1e6:0})"),
                Text($"{100 * rate / alone:0} %"),
                Text($"{arrival.Median:0} ms ({arrival.Min:0}-{arrival.Max:0})"),
                Text($"{_memory} MiB"),
            ];
        }

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
