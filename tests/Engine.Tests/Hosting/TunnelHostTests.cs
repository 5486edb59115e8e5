using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Tun;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

public sealed class TunnelHostTests : IDisposable
{
    private const string Name = "wgtest0";
    private static readonly string PeerKey = Convert.ToBase64String([.. Enumerable.Repeat((byte)9, 32)]);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-host-");
    private readonly CapturingLog _log = new();

    private string UapiPath => Path.Combine(_directory.FullName, "uapi", Name + ".sock");

    private string ControlPath => Path.Combine(_directory.FullName, "control", Name + ".sock");

    [Fact]
    public void A_tunnel_is_ready_when_start_returns_and_gone_when_it_is_disposed_of()
    {
        var platform = new MemoryPlatform();
        var config = Config();
        using (var host = Start(platform, config))
        {
            Assert.Equal(["open wgtest0", "apply 10.0.0.1/24 mtu 1400 routes 10.0.0.2/32 10.9.0.0/16"], platform.Calls);
            Assert.True(config.Interface.PrivateKey!.IsZero, "the file's key is zeroed");

            using var connection = ControlConnection.TryOpen(Name, ControlPath)!;
            var tunnel = connection.GetTunnel();
            Assert.Equal((Name, true, 1400), (tunnel.Name, tunnel.IsUp, tunnel.Mtu));
            Assert.Equal(["10.0.0.1/24"], tunnel.Addresses);
            Assert.Equal(PeerKey, Assert.Single(tunnel.Peers).PublicKey);
            Assert.Equal(platform.Bind!.Port, tunnel.ListenPort);
            Assert.Contains($"listen_port={tunnel.ListenPort}\n", AskUapi("get=1\n\n"));
        }

        Assert.Equal(["undo", "dispose"], platform.Calls[2..]);
        AssertNothingLeft(platform);
    }

    /// <param name="causes">One after the other.</param>
    [Theory]
    [InlineData("undo", true, EndCause.Wanted)]
    [InlineData("undo but the kill switch", true, EndCause.Manager)]
    [InlineData("undo but the kill switch", false, EndCause.Happened)]
    [InlineData("undo", true, EndCause.Manager, EndCause.Wanted)]
    [InlineData("undo", true, EndCause.Wanted, EndCause.Manager)]
    [InlineData("undo but the kill switch", true, EndCause.Happened, EndCause.Manager)]
    public void A_kill_switch_outlives_whatever_end_nobody_wants_for_good(string undoing, bool isAskedFor, params EndCause[] causes)
    {
        var platform = new MemoryPlatform();
        using (var host = Start(platform, Config(), choices: new HostChoices { KillSwitch = true }))
        {
            foreach (var cause in causes)
                host.RequestStop("a test", cause);
            Assert.Equal(isAskedFor, host.IsEndAskedFor);
        }

        // The sockets are closed in between: whatever is flushed then is closed once more.
        Assert.Equal(undoing == "undo" ? [undoing, "dispose"] : [undoing, "dispose", "close again"], platform.Calls.TakeLast(undoing == "undo" ? 2 : 3));
    }

    /// <summary>A kill switch that stays closed is watched for as long as a command of the file runs.</summary>
    [Fact]
    public void The_hosts_network_is_let_go_of_after_the_last_command()
    {
        var platform = new MemoryPlatform();
        using (Start(platform, Config(postDown: "after"), choices: new HostChoices { KillSwitch = true }, runsHooks: true))
        {
        }

        Assert.Equal(["undo but the kill switch", "PostDown after", "dispose", "close again"], platform.Calls.TakeLast(4));
    }

    [Fact]
    public void The_drop_in_form_leaves_the_hosts_network_and_the_ports_alone()
    {
        var platform = new MemoryPlatform();
        using (Start(platform, config: null))
        {
            Assert.Equal(0, platform.Bind!.Port);
            platform.Tun!.Raise(TunEvent.Up);
            Assert.NotEqual(0, platform.Bind.Port);
        }

        Assert.Equal(["open wgtest0"], platform.Calls);
        AssertNothingLeft(platform);
    }

    [Fact]
    public void A_second_start_is_refused_and_does_the_first_no_harm()
    {
        using var first = Start(new MemoryPlatform(), Config());
        var second = new MemoryPlatform();

        Assert.Equal(StartErrorId.TunnelExists, Assert.Throws<StartException>(() => Start(second, Config())).Id);

        Assert.Empty(second.Calls);
        using var connection = ControlConnection.TryOpen(Name, ControlPath);
        Assert.NotNull(connection);
    }

    [Fact]
    public void Sockets_that_a_killed_engine_left_are_in_nobodys_way()
    {
        foreach (var path in new[] { UapiPath, ControlPath })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            LeaveDeadSocket(path);
        }

        using var host = Start(new MemoryPlatform(), Config());
        Assert.Contains("errno=0\n", AskUapi("get=1\n\n"));
    }

    [Fact]
    public void A_network_that_refuses_undoes_the_start()
    {
        var platform = new MemoryPlatform { NetworkFailure = new HostNetworkException("adding route 10.9.0.0/16", "File exists") };

        var failure = Assert.Throws<StartException>(() => Start(platform, Config()));

        Assert.Equal(StartErrorId.HostNetworkFailed, failure.Id);
        Assert.Contains("File exists", failure.Message);
        AssertNothingLeft(platform);
    }

    [Fact]
    public void A_port_that_is_taken_undoes_the_start()
    {
        var platform = new MemoryPlatform();
        platform.Occupy(51820);

        Assert.Equal(StartErrorId.AddressInUse, Assert.Throws<StartException>(() => Start(platform, Config(port: 51820))).Id);

        AssertNothingLeft(platform);
        Assert.DoesNotContain(platform.Calls, c => c.StartsWith("apply", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TunError.NotAvailable, StartErrorId.TunNotAvailable)]
    [InlineData(TunError.AccessDenied, StartErrorId.AccessDenied)]
    [InlineData(TunError.NameInUse, StartErrorId.TunnelExists)]
    [InlineData(TunError.Failed, StartErrorId.EngineFailed)]
    public void What_is_wrong_with_the_tun_is_told_apart(TunError error, StartErrorId expected)
    {
        var platform = new MemoryPlatform { TunFailure = new TunException(error, "no") };
        var config = Config();

        Assert.Equal(expected, Assert.Throws<StartException>(() => Start(platform, config)).Id);

        Assert.True(config.Interface.PrivateKey!.IsZero, "the file's key is zeroed");
        AssertNothingLeft(platform);
    }

    [Fact]
    public void A_start_that_is_cancelled_leaves_nothing()
    {
        var platform = new MemoryPlatform();

        Assert.Throws<StartException>(() => Start(platform, Config(), new CancellationToken(canceled: true)));

        AssertNothingLeft(platform);
    }

    [Fact]
    public void A_start_that_is_cancelled_in_its_last_step_is_undone()
    {
        using var cancel = new CancellationTokenSource();
        var platform = new MemoryPlatform { OnApply = cancel.Cancel };

        var failure = Assert.Throws<StartException>(() => Start(platform, Config(), cancel.Token));

        Assert.Contains("before it was ready", failure.Message);
        Assert.Equal(["undo", "dispose"], platform.Calls[^2..]);
        AssertNothingLeft(platform);
    }

    [Fact]
    public void While_it_starts_it_can_be_looked_at_and_ended_but_not_changed()
    {
        List<string> answers = [];
        var platform = new MemoryPlatform { OnApply = AskAndStop };

        var failure = Assert.Throws<StartException>(() => Start(platform, Config()));

        Assert.Equal("The tunnel was ended before it was ready: it was asked to.", failure.Message);
        Assert.Equal(["wgtest0 starting", "errno=-16\n\n", "Starting"], answers);
        AssertNothingLeft(platform);

        void AskAndStop()
        {
            using var connection = ControlConnection.TryOpen(Name, ControlPath)!;
            var tunnel = connection.GetTunnel();
            answers.Add(tunnel.Name + (tunnel.IsStarting ? " starting" : ""));
            answers.Add(AskUapi("set=1\nlisten_port=1\n\n"));
            answers.Add(ErrorOf($$$"""{"jsonrpc":"2.0","id":1,"method":"peer.remove","params":{"publicKey":"{{{PeerKey}}}"}}"""));
            connection.Stop();
            // The engine answers first and ends then.
            Assert.True(SpinWait.SpinUntil(() => _log.Messages.Any(m => m.StartsWith("asked to end", StringComparison.Ordinal)), TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public void It_ends_when_the_interface_goes()
    {
        var platform = new MemoryPlatform();
        using var host = Start(platform, Config());

        platform.Tun!.Raise(TunEvent.Removed);

        Assert.Equal("the interface was removed", host.WaitForStop());
    }

    [Fact]
    public void A_client_that_stops_it_is_hung_up_on_once_all_is_undone()
    {
        var platform = new MemoryPlatform();
        var host = Start(platform, Config());
        using var connection = ControlConnection.TryOpen(Name, ControlPath)!;

        connection.Stop();
        Assert.Equal("it was asked to", host.WaitForStop());
        host.Dispose();

        // This process is the engine's, so that the connection's end is all that can be waited for.
        Assert.False(connection.WaitForEnd(TimeSpan.FromMilliseconds(1)));
        Assert.Throws<EngineHungUpException>(connection.GetTunnel);
        AssertNothingLeft(platform);
    }

    [Fact]
    public void What_a_killed_engine_left_is_taken_back_before_anything_is_made()
    {
        var platform = new MemoryPlatform { Leftovers = 3 };
        using var host = Start(platform, Config());
        Assert.Equal("take back leftovers", platform.Calls[0]);
        Assert.Contains(_log.Lines, line => line.Contains("3 changes to the host", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Routes_follow_the_peers_and_a_refusal_is_passed_on()
    {
        var platform = new MemoryPlatform();
        using var host = Start(platform, Config());
        var key = Convert.ToHexStringLower(Convert.FromBase64String(PeerKey));

        Assert.Equal("errno=0\n\n", AskUapi($"set=1\npublic_key={key}\nallowed_ip=10.10.0.0/16\n\n"));
        var step = new PeerStep(PublicKey.Parse(PeerKey), [System.Net.IPNetwork.Parse("10.10.0.0/16")], [], null, null);
        await host.PeersChangedAsync(step);
        Assert.Equal("routes 10.0.0.2/32 10.9.0.0/16 10.10.0.0/16", platform.Calls[^1]);

        platform.RouteFailure = new HostNetworkException("adding route 10.10.0.0/16 to wg0", "File exists");
        var failure = await Assert.ThrowsAsync<ControlException>(() => host.PeersChangedAsync(step));
        Assert.Equal(ControlErrorCode.HostNetworkFailed, failure.Code);
        Assert.Equal("The peer was not changed, because its routes cannot be: adding route 10.10.0.0/16 to wg0: File exists", failure.Message);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    // .NET removes the file of a socket that it closes; what a killed process leaves is made by moving it away before.
    private static void LeaveDeadSocket(string path)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path + ".alive"));
            File.Move(path + ".alive", path);
        }

        Assert.True(File.Exists(path));
    }

    private static TunnelConfig Config(ushort? port = null, string? postDown = null) => new()
    {
        Interface = new InterfaceSection
        {
            PrivateKey = SecretKey.RandomPrivateKey(),
            ListenPort = port,
            Mtu = 1400,
            PostDown = postDown is null ? [] : [postDown],
            Addresses = [new InterfaceAddress(System.Net.IPAddress.Parse("10.0.0.1"), 24)],
        },
        Peers =
        [
            new PeerSection
            {
                PublicKey = PublicKey.Parse(PeerKey),
                AllowedIPs = [System.Net.IPNetwork.Parse("10.0.0.2/32"), System.Net.IPNetwork.Parse("10.9.0.0/16")],
            },
        ],
    };

    private TunnelHost Start(MemoryPlatform platform, TunnelConfig? config, CancellationToken cancel = default, HostChoices? choices = null, bool runsHooks = false) => TunnelHost.Start(
        new TunnelHostOptions
        {
            Name = Name,
            Config = config,
            Choices = choices ?? HostChoices.None,
            RunsHooks = runsHooks,
            Log = _log,
            UapiDirectory = Path.GetDirectoryName(UapiPath)!,
            ControlDirectory = Path.GetDirectoryName(ControlPath)!,
        },
        platform,
        TransportAeadFactory.Best,
        cancel);

    /// <summary>The name of the error that a request on the control socket is answered with.</summary>
    private string ErrorOf(string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(ControlPath));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        Assert.Contains("greeting", reader.ReadLine());
        stream.Write(Encoding.ASCII.GetBytes(request + "\n"));
        using var answer = JsonDocument.Parse(reader.ReadLine()!);
        return answer.RootElement.GetProperty("error").GetProperty("data").GetProperty("id").GetString()!;
    }

    private string AskUapi(string request) => Uapi.Ask(_directory, Name, request);

    private void AssertNothingLeft(MemoryPlatform platform)
    {
        Assert.False(File.Exists(UapiPath), "the UAPI socket is gone");
        Assert.False(File.Exists(ControlPath), "the control socket is gone");
        Assert.Equal(0, platform.Bind?.Port ?? 0);
        Assert.DoesNotContain(_log.Lines, line => line.StartsWith("Error: Could not", StringComparison.Ordinal));
    }
}
