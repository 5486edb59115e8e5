using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WireGuard.Tests;
using WireGuard.Tests.Interop;

namespace WireGuard.Bench.EndToEnd;

/// <summary>One implementation at both ends of a cable between two namespaces, and the programs that load it.</summary>
internal sealed class LoadedTunnel : IDisposable
{
    private const string Mtu = "1420";
    private const int ConnectAttempts = 20;

    // The kernel's unit of processor time in /proc, the same on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private readonly PrivateDirectory _files = new();
    private readonly List<Process> _daemons = [];
    private readonly bool _isBare;

    public LoadedTunnel(Contender contender)
    {
        _isBare = contender.Program is null;
        (One, Two) = Host.Pair();
        try
        {
            if (!_isBare)
                Connect(contender);
            Two.Namespace.Start("iperf3", "-s", "--logfile", "/dev/null");
            One.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "1", "-w", "30", Target);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Host One { get; }

    public Host Two { get; }

    /// <summary>Where the other end is reached, through the tunnel if there is one.</summary>
    public string Target => _isBare ? $"{Two.OuterAddress}" : $"{Two.InnerIPv4}";

    /// <summary>Seconds of processor time of both daemons so far.</summary>
    public double ProcessorTime() => _daemons.Sum(daemon =>
    {
        var fields = File.ReadAllText($"/proc/{daemon.Id}/stat").Split(") ", 2)[1].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    /// <summary>MiB of the daemon that ever held more.</summary>
    public double PeakMemory() => _daemons.Max(daemon =>
        double.Parse(File.ReadLines($"/proc/{daemon.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(':', ' ', '\t').First(word => word.Length > 0 && char.IsAsciiDigit(word[0])), CultureInfo.InvariantCulture) / 1024);

    /// <summary>What iperf3 tells at the end of a transfer from the first host to the second.</summary>
    public JsonElement Transfer(params string[] arguments)
    {
        // Between two clients the server does not listen for a moment.
        for (var attempt = 1; ; attempt++)
        {
            using var json = JsonDocument.Parse(One.Namespace.TryRun("iperf3", ["-c", Target, "-J", .. arguments]).Output);
            if (!json.RootElement.TryGetProperty("error", out var error))
                return json.RootElement.GetProperty("end").Clone();
            if (attempt == ConnectAttempts)
                throw new InvalidOperationException($"iperf3 said: {error.GetString()}");
            Thread.Sleep(100);
        }
    }

    public void Dispose()
    {
        foreach (var daemon in _daemons.Where(daemon => !daemon.HasExited))
        {
            Signals.Send(daemon.Id, Signals.Terminate);
            daemon.WaitForExit(TimeSpan.FromSeconds(10));
        }

        Two.Dispose();
        One.Dispose();
        _files.Dispose();
    }

    private void Connect(Contender contender)
    {
        foreach (var host in new[] { One, Two })
        {
            var daemon = host.Namespace.Start(contender.Program!, [.. contender.Arguments, host.Interface], contender.Environment);
            _daemons.Add(daemon);
            daemon.OutputDataReceived += Ignore;
            daemon.ErrorDataReceived += Ignore;
            daemon.BeginOutputReadLine();
            daemon.BeginErrorReadLine();
            Eventually.True(() => UapiSocket.IsAnswered(host.Interface) || daemon.HasExited, $"{contender.Name} answers wg");
            if (daemon.HasExited)
                throw new InvalidOperationException($"{contender.Name} ended with {daemon.ExitCode}.");
        }

        foreach (var (host, other) in new[] { (One, Two), (Two, One) })
        {
            host.Namespace.Run("wg", "set", host.Interface, "private-key", _files.Write("key", host.Keys.PrivateKey), "listen-port", $"{host.ListenPort}",
                "peer", other.Keys.PublicKey, "allowed-ips", $"{other.InnerIPv4}/32", "endpoint", other.OuterEndpoint(overIPv6: false));
            host.Namespace.Ip("addr", "add", $"{host.InnerIPv4}/24", "dev", host.Interface);
            host.Namespace.Ip("link", "set", host.Interface, "mtu", Mtu, "up");
        }
    }

    private static void Ignore(object sender, DataReceivedEventArgs line)
    {
        // Read so that nobody waits for room in the pipe.
    }
}
