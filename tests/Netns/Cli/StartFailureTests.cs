using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>Every way in which `up` fails has its error id and exit code and leaves nothing behind.</summary>
public sealed class StartFailureTests : IDisposable
{
    private const string SomePeer = "\n[Peer]\nPublicKey = CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n";

    private readonly PrivateDirectory _directory = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;

    private Host Host => _hosts.One;

    [InteropFact]
    public void A_tunnel_that_runs()
    {
        var config = Config("");
        Host.Engine("up", config);
        AssertFails(Host.TryEngine("up", config, "--report", "json"), StartErrorId.TunnelExists, ExitCode.Exists);
        Host.Engine("down", config);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void An_interface_of_that_name_from_elsewhere()
    {
        Host.Namespace.Ip("tuntap", "add", "dev", Host.Interface, "mode", "tun");
        AssertFails(Up(Config("")), StartErrorId.TunnelExists, ExitCode.Exists);
        Host.Namespace.Ip("link", "delete", Host.Interface);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void A_port_that_is_taken()
    {
        using var rival = Host.Namespace.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        rival.Bind(new IPEndPoint(IPAddress.Any, 40001));
        AssertFails(Up(Config("ListenPort = 40001")), StartErrorId.AddressInUse, ExitCode.Error);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void A_route_that_is_taken()
    {
        Host.Namespace.Ip("route", "add", "10.201.0.0/16", "dev", "eth0");
        AssertFails(Up(Config($"Address = 10.200.0.1/24{SomePeer}AllowedIPs = 10.201.0.0/16")), StartErrorId.HostNetworkFailed, ExitCode.Error);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void An_endpoint_without_an_address()
    {
        var result = Host.Namespace.TryRun("env", $"{EndpointResolver.RetriesVariable}=0", InteropRequirement.Engine!, "up", Config($"{SomePeer}Endpoint = name.invalid:1"), "--report", "json");
        AssertFails(result, StartErrorId.EndpointUnresolved, ExitCode.Error);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void An_offload_that_does_not_exist()
    {
        Host.LimitOffloads("tso");
        Assert.Equal("WIREGUARD_ENGINE_OFFLOAD is 'tso', which is none of on, off, tun and udp.", AssertFails(Up(Config("")), StartErrorId.EngineFailed, ExitCode.Error).Message);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void A_start_that_takes_too_long()
    {
        // No name server is reachable from the namespace, so that the engine keeps trying.
        var result = Host.Namespace.TryRun("env", $"{EndpointResolver.RetriesVariable}=infinity", InteropRequirement.Engine!, "up", Config($"{SomePeer}Endpoint = name.example:1"), "--report", "json", "--timeout", "0.5");
        AssertFails(result, StartErrorId.EngineTimeout, ExitCode.Timeout);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void Whoever_waits_at_the_terminal_is_told_what_for()
    {
        var result = Host.TryEngine("up", Config($"{SomePeer}Endpoint = name.example:1"), "--timeout", "2.5");
        Assert.StartsWith("The endpoint name.example:1 could not be resolved yet: no name server answered. Trying again in 1.0 s.\n", result.Error);
        Assert.Equal((int)ExitCode.Timeout, result.ExitCode);
        // Told once, and not again with what the engine says when it is ended.
        Assert.Single(result.Error.Split('\n'), line => line.EndsWith("in 1.0 s.", StringComparison.Ordinal));
    }

    [InteropFact]
    public void A_name_server_that_does_not_answer()
    {
        using var silent = new SilentNameServer(Host.Namespace);
        // The resolver itself would wait for half a minute and more.
        var result = Host.TryEngine("up", Config($"{SomePeer}Endpoint = name.example:1"), "--report", "json", "--timeout", "2");
        silent.AwaitQuestion();
        Assert.EndsWith("was ended. The engine was stopped before it was ready. The endpoint name.example:1 could not be resolved yet.", AssertFails(result, StartErrorId.EngineTimeout, ExitCode.Timeout).Message);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact("unshare", "mount")]
    public void No_tun_device()
    {
        AssertFails(Hiding("mount -t tmpfs none /dev/net"), StartErrorId.TunNotAvailable, ExitCode.NotAvailable);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact("unshare", "mount")]
    public void No_libsodium()
    {
        AssertFails(Hiding("for f in /usr/lib/*/libsodium.so.*; do mount --bind /dev/null $f; done"), StartErrorId.CryptoUnavailable, ExitCode.NotAvailable);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact("setpriv")]
    public void No_permission()
    {
        var result = Host.Namespace.TryRun("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", InteropRequirement.Engine!, "up", Config(""), "--report", "json");
        AssertFails(result, StartErrorId.AccessDenied, ExitCode.NoPermission);
        Assert.Empty(Host.Leftovers());
    }

    [InteropFact]
    public void A_file_that_is_not_there() =>
        AssertFails(Up($"/nonexistent/{Host.Interface}.conf"), StartErrorId.ConfigNotFound, ExitCode.NotFound);

    [InteropFact]
    public void A_file_with_errors() =>
        Assert.Contains($"{Host.Interface}.conf:3:1: error:", AssertFails(Up(Config("Nonsense = 1")), StartErrorId.ConfigInvalid, ExitCode.ConfigInvalid).Message);

    [InteropFact]
    public void Without_a_report_the_message_goes_to_standard_error_and_is_no_stack_trace()
    {
        var result = Host.TryEngine("up", "/nonexistent/wg0.conf");
        Assert.Equal((int)ExitCode.NotFound, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.StartsWith("wireguard-engine: /nonexistent/wg0.conf: error:", result.Error);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    public void Dispose()
    {
        _hosts.One?.Dispose();
        _hosts.Two?.Dispose();
        _directory.Dispose();
    }

    private string Config(string more) => _directory.Write(Host.Interface + ".conf", $"[Interface]\nPrivateKey = {Host.Keys.PrivateKey}\n{more}\n");

    private ProcessResult Up(string config) => Host.TryEngine("up", config, "--report", "json");

    /// <summary>`up` in a mount namespace of its own, in which something was covered up.</summary>
    private ProcessResult Hiding(string command) => Host.Namespace.TryRun(
        "unshare", "-m", "sh", "-c", $"{command}; exec \"$0\" up \"$1\" --report json", InteropRequirement.Engine!, Config(""));

    private static StartReport AssertFails(ProcessResult result, StartErrorId id, ExitCode code)
    {
        var report = JsonSerializer.Deserialize(result.Output, ControlJsonContext.Default.StartReport)!;
        Assert.Equal((false, id.ToString(), (int)code), (report.Ready, report.ErrorId, result.ExitCode));
        Assert.False(string.IsNullOrWhiteSpace(report.Message));
        Assert.DoesNotContain("   at ", report.Message);
        return report;
    }
}
