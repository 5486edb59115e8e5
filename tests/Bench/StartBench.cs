using System.Diagnostics;
using System.Globalization;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Cli.Demo.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Bench;

/// <summary>How long the engine takes: a verb that does next to nothing, and a tunnel from process start to ready.</summary>
internal static class StartBench
{
    public const string Title = "Engine start";
    private const int Runs = 15;

    public static Section Measure(string engine)
    {
        var rows = new List<string[]> { (string[])["", "median", "fastest", "slowest"] };
        rows.Add(Row("`genkey`, whole process", Repeat(() => Time(engine, "genkey", _ => { }))));
        if (!OperatingSystem.IsLinux() || EffectiveUser.Id != 0 || !File.Exists("/dev/net/tun"))
            return new Section(Title, $"Wall time, {Runs} runs. Start to ready was not measured: it needs root and /dev/net/tun.", rows);

        var directory = Directory.CreateTempSubdirectory("wireguard-bench-");
        Environment.SetEnvironmentVariable(ControlProtocol.DirectoryVariable, Path.Combine(directory.FullName, "run"));
        try
        {
            var (tunnel, served) = MeasureTunnels(engine, directory.FullName);
            rows.Add(Row("process start to ready (sockets, TUN, address, route)", tunnel));
            rows.Add(Row($"a served tunnel with {EnrollmentBench.Peers:N0} peers, the same", served));
            return new Section(Title, $"Wall time, {Runs} runs. Goals: ready under 150 ms; served, under 2 s.", rows);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // In turn, so that whatever else the machine does meets both.
    private static (List<double> Tunnel, List<double> Served) MeasureTunnels(string engine, string directory)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"wgb{Environment.ProcessId}");
        var file = Path.Combine(directory, name + ".conf");
        using (var key = SecretKey.RandomPrivateKey())
        {
            var peer = Convert.ToBase64String([.. Enumerable.Repeat((byte)9, PublicKey.Size)]);
            File.WriteAllText(file, $"[Interface]\nPrivateKey = {key.ToBase64()}\nAddress = 10.0.0.1/24\n[Peer]\nPublicKey = {peer}\nAllowedIPs = 10.0.1.0/24\n");
        }

        var state = Directory.CreateDirectory(Path.Combine(directory, "state"));
        Environment.SetEnvironmentVariable(ServedLocation.DirectoryVariable, state.FullName);
        EnrollmentBench.Fill(Path.Combine(state.FullName, name));
        using var network = new NetworkNamespace();
        return network.Run(() =>
        {
            var served = new List<double>();
            var tunnel = Repeat(() =>
            {
                served.Add(MeasureStart(engine, name, $"serve {name} --pool 10.0.0.0/8,fd00::/64 --detached"));
                return MeasureStart(engine, name, $"run {file} --detached");
            });
            // The first warmed up.
            return (tunnel, served[1..]);
        });
    }

    private static double MeasureStart(string engine, string name, string arguments) => Time(engine, arguments, output =>
    {
        if (output.ReadLine()?.Contains("\"ready\":true") is not true)
            throw new InvalidOperationException("The engine did not start.");
    }, () =>
    {
        using var connection = ControlConnection.Open(name);
        connection.Stop();
        connection.WaitForEnd(TimeSpan.FromSeconds(10));
    });

    private static List<double> Repeat(Func<double> run)
    {
        run();
        return [.. Enumerable.Range(0, Runs).Select(_ => run())];
    }

    /// <summary>Milliseconds until <paramref name="ready"/> has returned, or without it until the end.</summary>
    private static double Time(string engine, string arguments, Action<StreamReader> ready, Action? after = null)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(engine, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        ready(process.StandardOutput);
        if (after is null)
            process.WaitForExit();
        var elapsed = watch.Elapsed.TotalMilliseconds;
        after?.Invoke();
        process.WaitForExit();
        return elapsed;
    }

    private static string[] Row(string what, List<double> times)
    {
        var (median, min, max) = Sample.Of(times);
        return [what, Text(median), Text(min), Text(max)];
    }

    private static string Text(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");
}
