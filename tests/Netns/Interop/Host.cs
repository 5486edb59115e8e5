using System.Globalization;
using System.Net;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Interop;

/// <summary>
/// A machine of a test: a namespace with one underlay interface, and a tunnel interface in it whose name no other test
/// has (sockets of tunnels are files that all namespaces share). Ends what still runs inside when it is disposed of.
/// </summary>
internal sealed class Host : IDisposable
{
    private const string Underlay = "eth0";

    private static int s_count;

    /// <summary>One without a cable.</summary>
    internal Host(int number)
    {
        Number = number;
        Namespace = NetworkNamespace.Create();
    }

    public NetworkNamespace Namespace { get; }

    public TestKeys Keys { get; } = TestKeys.Create();

    /// <summary>"wt", the process id and a number: 15 characters at most.</summary>
    public string Interface { get; } = $"wt{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}";

    /// <summary>Words before an engine's command that set its environment; none: as the test's.</summary>
    public string[] EngineLauncher { get; private set; } = [];

    public int ListenPort => 51820 + Number;

    public IPAddress OuterAddress => IPAddress.Parse($"10.77.0.{Number}");

    public IPAddress InnerIPv4 => IPAddress.Parse($"10.78.0.{Number}");

    public IPAddress InnerIPv6 => IPAddress.Parse($"fd78::{Number}");

    public string UapiSocket => Path.Combine(ControlProtocol.UapiDirectory, Interface + ".sock");

    public string ControlSocket => ControlProtocol.SocketPath(Interface);

    private int Number { get; }

    /// <summary>Two hosts with a cable between them.</summary>
    public static (Host One, Host Two) Pair()
    {
        var one = new Host(1);
        Host? two = null;
        try
        {
            two = new Host(2);
            one.Namespace.ConnectTo(two.Namespace, Underlay, ["10.77.0.1/24", "fd77::1/64"], Underlay, ["10.77.0.2/24", "fd77::2/64"]);
            return (one, two);
        }
        catch
        {
            two?.Dispose();
            one.Dispose();
            throw;
        }
    }

    /// <summary>A host without a cable.</summary>
    /// <param name="number">Its place in the tunnel's network, 1 to 254.</param>
    public static Host Alone(int number) => new(number);

    public string OuterEndpoint(bool overIPv6) => overIPv6 ? $"[fd77::{Number}]:{ListenPort}" : $"10.77.0.{Number}:{ListenPort}";

    /// <summary>
    /// Waits until IPv6 passes between the hosts themselves: in a new link's first second neighbours do not find each other.
    /// </summary>
    public void AwaitIPv6(Host other) => Namespace.Run("ping", "-n", "-q", "-i", "0.1", "-c", "1", "-w", "20", $"fd77::{other.Number}");

    /// <summary>Runs wg(8) on this host's tunnel and gives its fields, a row a line.</summary>
    public string[][] WgShow(string what) =>
        [.. Namespace.Run("wg", "show", Interface, what).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];

    /// <summary>Whole seconds since 1970 of the only peer's handshake; 0: none yet.</summary>
    public long LatestHandshake() => long.Parse(WgShow("latest-handshakes").Single()[1], CultureInfo.InvariantCulture);

    /// <summary>Bytes of the only peer.</summary>
    public (ulong Received, ulong Sent) Transfer()
    {
        var row = WgShow("transfer").Single();
        return (ulong.Parse(row[1], CultureInfo.InvariantCulture), ulong.Parse(row[2], CultureInfo.InvariantCulture));
    }

    /// <summary>Has engines on this host use these offloads only: a value of WIREGUARD_ENGINE_OFFLOAD.</summary>
    public void LimitOffloads(string to) => EngineLauncher = ["env", $"{OffloadChoice.Variable}={to}"];

    /// <summary>Has engines on this host see these variables, each NAME=VALUE.</summary>
    public void UseEnvironment(params string[] variables) => EngineLauncher = ["env", .. variables];

    /// <summary>Has bare tunnels on this host run so many lanes, as many processors there may be.</summary>
    public void UseLanes(int lanes) => EngineLauncher = ["env", $"WIREGUARD_ENGINE_QUEUES={lanes}", $"DOTNET_PROCESSOR_COUNT={lanes}"];

    /// <summary>Runs a verb of the engine inside, whatever comes of it.</summary>
    public ProcessResult TryEngine(params string[] arguments)
    {
        string[] command = [.. EngineLauncher, InteropRequirement.Engine!, .. arguments];
        return Namespace.TryRun(command[0], command[1..]);
    }

    /// <summary>Runs a verb of the engine inside; throws with its words when it fails.</summary>
    public ProcessResult Engine(params string[] arguments) => TryEngine(arguments).EnsureSuccess();

    /// <summary>`up`; gives what it reports, ready or not.</summary>
    public StartReport Up(string config, params string[] options) =>
        JsonSerializer.Deserialize(Engine(["up", config, "--report", "json", .. options]).Output, ControlJsonContext.Default.StartReport)!;

    /// <summary>A wg.conf of this host with the other as its only peer.</summary>
    public string ConfigFor(Host other, bool withEndpoint, string? presharedKey = null, string extra = "") => $"""
        [Interface]
        PrivateKey = {Keys.PrivateKey}
        ListenPort = {ListenPort}
        Address = {InnerIPv4}/24, {InnerIPv6}/64
        {extra}

        # Name = the other one
        [Peer]
        PublicKey = {other.Keys.PublicKey}
        AllowedIPs = {other.InnerIPv4}/32, {other.InnerIPv6}/128
        {(presharedKey is null ? "" : $"PresharedKey = {presharedKey}")}
        {(withEndpoint ? $"Endpoint = {other.OuterEndpoint(overIPv6: false)}" : "")}

        """;

    /// <summary>Whatever of the tunnel is still there: link, addresses, routes, sockets, processes. Empty: nothing.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        var left = new List<string>();
        if (Namespace.IpJson("link", "show").Any(link => link.GetProperty("ifname").GetString() == Interface))
            left.Add("the interface");
        foreach (var family in new[] { "-4", "-6" })
        {
            left.AddRange(Namespace.IpJson(family, "route", "show", "table", "all")
                .Where(route => route.TryGetProperty("dev", out var dev) && dev.GetString() == Interface)
                .Select(route => $"a route to {route.GetProperty("dst").GetString()}"));
        }

        left.AddRange(new[] { UapiSocket, ControlSocket }.Where(Path.Exists));
        left.AddRange(ProcessIds().Select(id => $"process {id}"));
        return left;
    }

    /// <summary>Waits until the tunnel has gone without a trace.</summary>
    public void AssertNothingLeft()
    {
        Eventually.True(() => Leftovers().Count == 0, $"everything of {Interface} is gone");
    }

    public void Dispose()
    {
        foreach (var id in ProcessIds())
            Signals.Send(id, Signals.Kill);
        Eventually.True(() => ProcessIds().Count == 0, $"processes in {Namespace} end");
        Namespace.Dispose();
        File.Delete(UapiSocket);
        File.Delete(ControlSocket);
        File.Delete(Path.ChangeExtension(ControlSocket, ".log"));
        File.Delete(Path.ChangeExtension(ControlSocket, ".log.1"));
        if (Directory.Exists(ControlProtocol.Directory))
        {
            foreach (var journal in Directory.GetFiles(ControlProtocol.Directory, $"{Interface}@*"))
                File.Delete(journal);
        }
    }

    private List<int> ProcessIds() =>
        [.. ProcessResult.Run("ip", ["netns", "pids", Namespace.Name]).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => int.Parse(line, CultureInfo.InvariantCulture))
            .Where(id => id != Environment.ProcessId)];
}
