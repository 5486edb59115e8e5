using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>However an engine ends, nothing of its tunnel stays; killed outright, nothing stays after the next start.</summary>
public class EngineEndTests
{
    public static TheoryData<string> WaysToEnd => ["down", "SIGTERM", "SIGINT", "interface deleted", "UAPI socket deleted", "control socket deleted"];

    [InteropTheory]
    [MemberData(nameof(WaysToEnd))]
    public void A_tunnel_that_ends_leaves_nothing(string way)
    {
        using var pair = new EnginePair();
        var report = pair.Up(pair.One);
        pair.Up(pair.Two);
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);
        Assert.Contains($"process {report.ProcessId}", pair.One.Leftovers());

        End(pair.One, report.ProcessId, way);
        pair.One.AssertNothingLeft();
        pair.Up(pair.One);
        Traffic.PingBothWays(pair.One, pair.Two, 5);
    }

    [InteropTheory]
    [InlineData(Signals.HangUp)]
    [InlineData(Signals.Interrupt)]
    [InlineData(Signals.Quit)]
    [InlineData(Signals.Terminate)]
    public void In_the_foreground_every_signal_that_asks_for_an_end_is_heeded(int signal)
    {
        using var pair = new EnginePair();
        var command = Signals.Unignored(InteropRequirement.Engine!, "run", pair.ConfigOne);
        var engine = pair.One.Namespace.Start(command[0], command[1..]);
        Eventually.True(() => File.Exists(pair.One.ControlSocket), "the engine is there");
        Assert.True(Signals.Send(engine.Id, signal));
        Eventually.True(() => engine.HasExited, $"process {engine.Id} ends");
        Assert.Empty(pair.One.Leftovers());
    }

    [InteropTheory]
    [InlineData("link", 1)]
    [InlineData("down", 0)]
    public void Who_watches_over_one_is_told_whether_the_end_was_asked_for(string way, int code)
    {
        using var pair = new EnginePair();
        var engine = pair.One.Namespace.Start(InteropRequirement.Engine!, "run", pair.ConfigOne);
        while (!engine.StandardError.ReadLine()!.Contains("ready", StringComparison.Ordinal))
        {
        }

        if (way == "link")
            pair.One.Namespace.Ip("link", "del", pair.One.Interface);
        else
            pair.One.Engine("down", pair.One.Interface);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.Equal(code, engine.ExitCode);
    }

    [InteropFact]
    public void A_detached_engine_does_not_mind_a_hang_up()
    {
        using var pair = new EnginePair();
        var report = pair.Up(pair.One);
        Assert.True(Signals.Send(report.ProcessId, Signals.HangUp));
        pair.Up(pair.Two);
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);
        pair.One.Engine("down", pair.One.Interface);
        Assert.Empty(pair.One.Leftovers());
    }

    [InteropFact]
    public void A_tunnel_that_still_starts_can_be_ended()
    {
        using var pair = new EnginePair(extra: $"\n[Peer]\nPublicKey = {TestKeys.Create().PublicKey}\nEndpoint = name.example:1\n");
        using var silent = new SilentNameServer(pair.One.Namespace);
        var up = pair.One.Namespace.Start(InteropRequirement.Engine!, "up", pair.ConfigOne);
        silent.AwaitQuestion();

        Assert.Contains(pair.One.Interface, pair.One.Engine("show").Output);
        pair.One.Engine("down", pair.One.Interface);

        Assert.True(up.WaitForExit(TimeSpan.FromSeconds(20)), "`up` gives up");
        Assert.Contains("was ended before it was ready", up.StandardError.ReadToEnd());
        Assert.Empty(pair.One.Leftovers());
    }

    // There it is process 1, as the greeting says; here process 1 is another and never ends.
    [InteropFact("unshare")]
    public void An_engine_in_another_namespace_of_processes_is_waited_for()
    {
        using var pair = new EnginePair();
        pair.One.Namespace.Start("unshare", "--pid", "--fork", "--mount-proc", InteropRequirement.Engine!, "run", pair.ConfigOne);
        Eventually.True(() => File.Exists(pair.One.ControlSocket), "the engine is there");
        pair.One.Engine("down", pair.One.Interface);
        pair.One.AssertNothingLeft();
    }

    [InteropFact]
    public void One_that_is_killed_while_it_is_asked_to_end_is_cleaned_up_after()
    {
        using var pair = new EnginePair();
        File.WriteAllText(pair.ConfigOne, File.ReadAllText(pair.ConfigOne).Replace("AllowedIPs = ", "AllowedIPs = 0.0.0.0/0, ", StringComparison.Ordinal));
        var engine = pair.Up(pair.One);
        Assert.True(Signals.Send(engine.ProcessId, Signals.Stop));
        var down = pair.One.Namespace.Start(InteropRequirement.Engine!, "down", pair.One.Interface);
        Eventually.True(() => pair.One.Namespace.Run("ss", "-xHp", "state", "established").Output.Contains($"pid={down.Id},", StringComparison.Ordinal), "`down` waits for an answer");
        Assert.True(Signals.Send(engine.ProcessId, Signals.Kill));
        Assert.True(down.WaitForExit(TimeSpan.FromSeconds(20)), "`down` ends");
        Assert.Equal(0, down.ExitCode);
        Assert.DoesNotContain("fwmark", pair.One.Namespace.Run("ip", "rule").Output);
        Assert.Empty(pair.One.Leftovers());
    }

    [InteropFact]
    public void The_start_after_a_kill_finds_its_place_free_and_leaves_nothing()
    {
        using var pair = new EnginePair();
        var killed = pair.Up(pair.One);
        pair.Up(pair.Two);
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);

        Assert.True(Signals.Send(killed.ProcessId, Signals.Kill));
        // The kernel takes the interface and its routes; only the sockets' files stay.
        Eventually.True(() => pair.One.Leftovers().Order().SequenceEqual(new[] { pair.One.UapiSocket, pair.One.ControlSocket }.Order()), "only socket files are left");

        Assert.NotEqual(killed.ProcessId, pair.Up(pair.One).ProcessId);
        Traffic.PingBothWays(pair.One, pair.Two, 20);
        pair.One.Engine("down", pair.One.Interface);
        Assert.Empty(pair.One.Leftovers());
    }

    [InteropFact]
    public void A_killed_bare_interface_can_be_started_again()
    {
        var (one, two) = Host.Pair();
        using (one)
        using (two)
        {
            using (var killed = BareTunnel.Start(one, InteropRequirement.Engine!))
            {
                Assert.True(Signals.Send(killed.ProcessId, Signals.Kill));
                killed.WaitForExit();
            }

            one.AwaitIPv6(two);
            using var first = BareTunnel.Start(one, InteropRequirement.Engine!);
            using var second = BareTunnel.Start(two, InteropRequirement.Engine!);
            first.SetPeer(two, two.OuterEndpoint(overIPv6: true), null);
            second.SetPeer(one, null, null);
            Traffic.PingBothWays(one, two, 20);
            first.Dispose();
            one.AssertNothingLeft();
        }
    }

    // The peer of a tunnel that ended and came back has an old session; the new one must take over at once.
    [InteropFact]
    public void The_other_end_follows_a_restart()
    {
        using var pair = new EnginePair();
        pair.Up();
        Traffic.PingBothWays(pair.One, pair.Two, 20);
        pair.One.Engine("down", pair.ConfigOne);
        pair.Up(pair.One);
        Traffic.PingBothWays(pair.One, pair.Two, 20);
    }

    [InteropFact]
    public void A_start_that_fails_leaves_nothing()
    {
        using var pair = new EnginePair();
        var host = pair.One;
        using var rival = host.Namespace.Invoke(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, host.ListenPort));
            return socket;
        });
        var result = host.TryEngine("up", pair.ConfigOne);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"{host.ListenPort}", result.Error);
        Assert.Empty(host.Leftovers());

        rival.Dispose();
        pair.Up();
        Traffic.Ping(host, pair.Two.InnerIPv4, 5);
    }

    private static void End(Host host, int processId, string way)
    {
        switch (way)
        {
            case "down":
                host.Engine("down", host.Interface);
                break;
            case "SIGTERM":
                Assert.True(Signals.Send(processId, Signals.Terminate));
                break;
            case "SIGINT":
                Assert.True(Signals.Send(processId, Signals.Interrupt));
                break;
            case "interface deleted":
                host.Namespace.Ip("link", "delete", host.Interface);
                break;
            case "UAPI socket deleted":
                File.Delete(host.UapiSocket);
                break;
            case "control socket deleted":
                File.Delete(host.ControlSocket);
                break;
            default:
                throw new ArgumentException(way, nameof(way));
        }
    }
}
