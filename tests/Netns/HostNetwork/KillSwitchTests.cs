using System.Net;
using System.Net.Sockets;
using WireGuard.Tests.Interop;
using WireGuard.Tests.Paths;

namespace WireGuard.Tests.HostNetwork;

/// <summary>
/// A host that lets nothing leave but through its tunnel: what its wire sees when routes lead around the tunnel, while the
/// engine runs and when it is dead.
/// </summary>
public sealed class KillSwitchTests : IDisposable
{
    private const string Far = "198.51.100.1";
    private const string FarIPv6 = "2001:db8:51::1";
    private const string Option = "--kill-switch";

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;
    private readonly NetworkNamespace? _guest = InteropRequirement.Missing([]) is null ? NetworkNamespace.Create() : null;

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    public void Dispose()
    {
        _guest?.Dispose();
        Two?.Dispose();
        One?.Dispose();
        _files.Dispose();
    }

    /// <param name="allowed">None of them holds an IPv6 address: a tunnel for IPv4 alone.</param>
    [InteropTheory(InteropRequirement.Tcpdump, InteropRequirement.Nft)]
    [InlineData("0.0.0.0/0")]
    [InlineData("10.78.0.2/32")]
    public void Nothing_leaves_around_the_tunnel_while_the_engine_runs_nor_when_it_is_dead(string allowed)
    {
        Prepare();
        var before = (HostPicture.Firewall(One.Namespace), string.Join('\n', HostPicture.Rules(One.Namespace)));
        var engine = Up(Config(allowed), Option);
        using var wire = CaptureLeaks();
        Ping(Two.InnerIPv4.ToString());
        TryToLeak();
        Signals.Send(engine, Signals.Kill);
        AwaitItsDeath();
        TryToLeak();
        Assert.NotEqual(0, TryPing(One.Namespace, Two.InnerIPv4.ToString()).ExitCode);
        // The filter leaves everything out that is the tunnel's or the neighbours'.
        Assert.DoesNotContain(wire.Packets, packet => packet.StartsWith("IP", StringComparison.Ordinal));
        Assert.Contains("left behind is undone", One.Engine("down", One.Interface).Output);
        Assert.Equal(before, (HostPicture.Firewall(One.Namespace), string.Join('\n', HostPicture.Rules(One.Namespace))));
        Ping(Far);
        wire.Await(Far);
    }

    [InteropFact(InteropRequirement.Nft)]
    public void It_stays_through_a_start_that_fails_and_goes_with_one_that_does_not_ask_for_it()
    {
        Prepare();
        var config = Config("0.0.0.0/0");
        Signals.Send(Up(config, Option), Signals.Kill);
        AwaitItsDeath();
        One.Namespace.Ip("link", "add", One.Interface, "type", "veth");
        Assert.NotEqual(0, One.TryEngine("up", config, Option).ExitCode);
        Assert.True(IsClosed());
        One.Namespace.Ip("link", "del", One.Interface);
        Up(config, Option);
        Assert.True(IsClosed());
        Ping(Two.InnerIPv4.ToString());
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());
        Signals.Send(Up(config, Option), Signals.Kill);
        AwaitItsDeath();
        Assert.True(IsClosed());
        Assert.Contains("its kill switch is closed", One.TryEngine("show", One.Interface).Error);
        Assert.Contains(One.Up(config).Warnings!, warning => warning.Contains("kill switch", StringComparison.Ordinal));
        Assert.False(IsClosed());
    }

    [InteropFact(InteropRequirement.Nft)]
    public void An_end_that_nobody_asked_for_leaves_it_closed()
    {
        Prepare();
        Up(Config("0.0.0.0/0"), Option);
        One.Namespace.Ip("link", "del", One.Interface);
        Eventually.True(() => !File.Exists(One.ControlSocket), "the engine has ended");
        Assert.True(IsClosed());
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());
        Assert.Empty(One.Leftovers());
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_terminal_that_hangs_up_leaves_it_closed()
    {
        Prepare();
        var engine = One.Namespace.Start(InteropRequirement.Engine!, "run", Config("0.0.0.0/0"), Option);
        while (!engine.StandardError.ReadLine()!.Contains("ready", StringComparison.Ordinal))
        {
        }

        Signals.Send(engine.Id, Signals.HangUp);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.True(IsClosed());
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());
    }

    /// <summary>A service manager restarts by the signal that it stops by; in between nothing may leave, nor when the new start fails.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void A_service_manager_that_ends_the_engine_leaves_it_closed_until_somebody_opens_it()
    {
        Prepare();
        var config = Config("0.0.0.0/0");
        using var elsewhere = new PrivateDirectory();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        var socket = Path.Combine(Path.GetDirectoryName(config)!, "notify");
        manager.Bind(new UnixDomainSocketEndPoint(socket));

        Assert.Equal((0, true), RunAndTerminate(config));
        Assert.NotNull(Send(from: 6853, to: 53));
        Assert.Contains("its kill switch is closed", One.TryEngine("show", One.Interface).Error);
        // The file has become wrong meanwhile.
        Assert.NotEqual(0, One.TryEngine("run", elsewhere.Write($"{One.Interface}.conf", "Nonsense"), Option).ExitCode);
        Assert.True(IsClosed());
        Assert.Equal((0, true), RunAndTerminate(config));
        Assert.Contains("- KillSwitch closed", One.Engine("service", "remove", One.Interface, "--stop", "--dry-run").Output);
        Assert.Contains($"stays closed until `wireguard-engine down {One.Interface}`", One.Engine("service", "remove", One.Interface, "--dry-run").Error);
        Assert.True(IsClosed());
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());

        // By word, and without a manager, it is opened at once.
        var engine = Run(config, socket);
        Assert.DoesNotContain("KillSwitch", One.Engine("service", "remove", One.Interface, "--stop", "--dry-run").Output);
        One.Engine("down", One.Interface);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.Equal((0, false), (engine.ExitCode, IsClosed()));
        engine = Run(config, notify: "");
        Signals.Send(engine.Id, Signals.Terminate);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.Equal((0, false), (engine.ExitCode, IsClosed()));
        // A shell may have inherited the manager's socket: who presses Ctrl-C is no manager.
        engine = Run(config, socket);
        Signals.Send(engine.Id, Signals.Interrupt);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.Equal((0, false), (engine.ExitCode, IsClosed()));

        (int, bool) RunAndTerminate(string file)
        {
            var run = Run(file, socket);
            Signals.Send(run.Id, Signals.Terminate);
            var rest = run.StandardError.ReadToEndAsync();
            Assert.True(run.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
            Assert.Contains($"stays closed: nothing leaves this host until {One.Interface} is started again, or taken down by `wireguard-engine down {One.Interface}`", rest.GetAwaiter().GetResult());
            return (run.ExitCode, IsClosed());
        }
    }

    /// <summary>nftables.service and the tunnel are restarted at the same time: whoever flushes then opens nothing for long, and is told of.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void A_flush_while_the_engine_ends_leaves_it_closed()
    {
        Prepare();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var marks = Path.GetDirectoryName(Config("0.0.0.0/0"))!;
        manager.Bind(new UnixDomainSocketEndPoint(Path.Combine(marks, "notify")));
        // Once it is closed again the command says so; then it flushes again and ends, and the engine with it.
        var engine = Run(Config("0.0.0.0/0", $"PostDown = nft flush ruleset; {AwaitClosed} && echo closed >{marks}/again; nft flush ruleset"), Path.Combine(marks, "notify"), "--allow-hooks");
        Signals.Send(engine.Id, Signals.Terminate);
        var said = engine.StandardError.ReadToEndAsync();
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
        Assert.True(File.Exists(Path.Combine(marks, "again")), "it is watched while the command runs");
        Assert.True(IsClosed());
        Assert.Contains("is set again", said.GetAwaiter().GetResult());
        Assert.NotNull(Send(from: 6853, to: 9));
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_flush_while_the_engine_is_dead_is_told_and_undone_by_any_start_that_asks_for_it()
    {
        Prepare();
        CloseAndDie();
        Flush();
        var shown = One.TryEngine("show", One.Interface).Error;
        Assert.Contains("it is OPEN, and what leaves this host leaves around the tunnel", shown);
        Assert.DoesNotContain("is closed", shown);
        // A file with errors is no reason to stay open, nor is one that is not there.
        var config = Config("0.0.0.0/0", "Nonsense = 1");
        AssertRefusedAndClosed(["up", config, Option]);
        AssertRefusedAndClosed(["run", config, Option]);
        AssertRefusedAndClosed(["run", Path.Combine(Path.GetDirectoryName(config)!, "none", One.Interface + ".conf"), Option]);
        AssertRefusedAndClosed(["up", Config("0.0.0.0/0"), Option, "--netns", "nowhere"]);
        Assert.Contains("its kill switch is closed", One.TryEngine("show", One.Interface).Error);
        // Only a start that asks for it.
        Flush();
        Assert.NotEqual(0, One.TryEngine("up", Config("0.0.0.0/0", "Nonsense = 1")).ExitCode);
        Assert.False(IsClosed());

        void AssertRefusedAndClosed(string[] arguments)
        {
            Flush();
            var refused = One.TryEngine(arguments);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("somebody else has taken it out of the firewall since; it is set again", refused.Error);
            Assert.NotNull(Send(from: 6853, to: 9));
        }
    }

    /// <summary>Commands before the tunnel is up take their time.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void A_flush_before_or_during_a_start_leaves_it_closed_for_as_long_as_that_takes()
    {
        Prepare();
        CloseAndDie();
        Flush();
        var config = Config("0.0.0.0/0", $"PreUp = {IsClosedByShell} || exit 7; nft flush ruleset; {AwaitClosed}");
        var report = One.Up(config, Option, "--allow-hooks");
        Assert.True(report.Ready, report.Message);
        Assert.Contains(report.Warnings!, warning => warning.Contains("had been left closed, but somebody else has taken it out", StringComparison.Ordinal));
        Assert.True(IsClosed());
        One.Engine("down", One.Interface);
        Assert.False(IsClosed());
    }

    private string IsClosedByShell => $"nft list tables | grep -q killswitch-{One.Interface}";

    private string AwaitClosed => $"for i in $(seq 80); do {IsClosedByShell} && break; sleep 0.05; done; {IsClosedByShell}";

    private void Flush()
    {
        One.Namespace.Run("nft", "flush", "ruleset");
        Assert.False(IsClosed());
    }

    private System.Diagnostics.Process Run(string config, string notify, params string[] more)
    {
        var engine = One.Namespace.Start(InteropRequirement.Engine!, ["run", config, Option, .. more], new Dictionary<string, string> { ["NOTIFY_SOCKET"] = notify });
        string? line;
        do
            line = engine.StandardError.ReadLine() ?? throw new InvalidOperationException($"the engine has ended with {engine.ExitCode}");
        while (!line.Contains("ready", StringComparison.Ordinal));
        return engine;
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_start_that_looks_up_a_name_lets_the_question_pass_and_nothing_else()
    {
        Prepare();
        CloseAndDie();
        using (var names = new SilentNameServer(One.Namespace, Two.Namespace, Two.OuterAddress))
        {
            var up = One.Namespace.Start(InteropRequirement.Engine!, "up", Config("0.0.0.0/0", endpoint: "name.example:1"), Option, "--timeout", "4");
            names.AwaitQuestion();
            Assert.Null(Send(from: 6853, to: 53));
            Assert.NotNull(Send(from: 6853, to: 54));
            Assert.True(up.WaitForExit(TimeSpan.FromSeconds(30)), "`up` gives up");
            Assert.Equal(6, up.ExitCode);
            Assert.NotNull(Send(from: 6853, to: 53));

            var killed = One.Namespace.Start(InteropRequirement.Engine!, "up", Config("0.0.0.0/0", endpoint: "name.example:1"), Option);
            names.AwaitQuestion();
            Assert.True(Signals.Send(Signals.EngineOf(killed), Signals.Kill));
            Assert.True(killed.WaitForExit(TimeSpan.FromSeconds(30)), "`up` gives up");
        }

        Assert.True(IsClosed());
        Assert.NotNull(Send(from: 6853, to: 53));
        Up(Config("0.0.0.0/0", endpoint: $"localhost:{Two.ListenPort}"), Option);
        Assert.True(IsClosed());
        Assert.NotNull(Send(from: 6853, to: 53));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_start_that_hangs_and_has_to_be_killed_leaves_it_closed()
    {
        Prepare();
        CloseAndDie();
        Assert.Equal(6, One.TryEngine("up", Config("0.0.0.0/0", "PreUp = kill -STOP $PPID; sleep 8"), Option, "--allow-hooks", "--timeout", "3").ExitCode);
        Assert.True(IsClosed());
        Assert.DoesNotContain("the interface", One.Leftovers());
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_second_start_that_hangs_touches_nothing_of_the_tunnel_that_runs()
    {
        Prepare();
        var config = Config("0.0.0.0/0");
        Up(config, Option);
        Ping(Two.InnerIPv4.ToString());
        var before = Guard();
        var up = One.Namespace.Start(InteropRequirement.Engine!, "up", config, Option, "--timeout", "2");
        // Before it has come to its first line.
        Assert.True(Signals.Send(Signals.EngineOf(up), Signals.Stop));
        Assert.True(up.WaitForExit(TimeSpan.FromSeconds(30)), "`up` gives up");
        Assert.Equal(6, up.ExitCode);
        Assert.Equal(before, Guard());
        Ping(Two.InnerIPv4.ToString());

        (string, string, string) Guard() => (HostPicture.Firewall(One.Namespace), string.Join('\n', HostPicture.Rules(One.Namespace)), string.Join('\n', HostPicture.Rules(One.Namespace, "-6")));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_lease_of_the_underlay_is_renewed_and_neighbours_are_found()
    {
        Prepare();
        Up(Config("0.0.0.0/0"), Option);
        Assert.Null(Send(from: 68, to: 67));
        Assert.NotNull(Send(from: 6868, to: 67));
        Assert.NotNull(Send(from: 68, to: 53));
        One.Namespace.Ip("neigh", "flush", "dev", "eth0");
        _ = TryPing(Two.Namespace, "fd77::1");
        Eventually.True(() => Two.Namespace.Run("ip", "neigh", "show", "fd77::1").Output.Contains("lladdr", StringComparison.Ordinal), "a neighbour is told where the host is");
    }

    private void CloseAndDie()
    {
        Signals.Send(Up(Config("0.0.0.0/0"), Option), Signals.Kill);
        AwaitItsDeath();
        Assert.True(IsClosed());
    }

    private void AwaitItsDeath() =>
        Eventually.True(() => One.Namespace.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Interface), "the engine is gone");

    /// <summary>What went wrong, or null.</summary>
    private SocketError? Send(int from, int to) => One.Namespace.Invoke<SocketError?>(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(One.OuterAddress, from));
        try
        {
            socket.SendTo([1], new IPEndPoint(Two.OuterAddress, to));
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    });

    private bool IsClosed() => HostPicture.Firewall(One.Namespace).Contains($"wireguard-killswitch-{One.Interface}", StringComparison.Ordinal);

    /// <summary>A network behind the first host, and routes on its wire to what is not the wire's: as DHCP's option 121 plants them.</summary>
    private void Prepare()
    {
        Two.Namespace.Ip("addr", "add", $"{Far}/32", "dev", "lo");
        Two.Namespace.Ip("addr", "add", $"{FarIPv6}/128", "dev", "lo");
        One.Namespace.ConnectTo(_guest!, "guest0", ["10.79.0.1/24", "fd79::1/64"], "eth0", ["10.79.0.2/24", "fd79::2/64"]);
        One.Namespace.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        _guest!.Ip("route", "add", "default", "via", "10.79.0.1");
        _guest.Ip("-6", "route", "add", "default", "via", "fd79::1");
        Two.Namespace.Ip("route", "add", "10.79.0.0/24", "via", "10.77.0.1");
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        One.Namespace.Ip("route", "add", "198.51.100.0/25", "via", "10.77.0.2");
        One.Namespace.Ip("-6", "route", "add", "default", "via", "fd77::2");
        One.AwaitIPv6(Two);
    }

    private void TryToLeak()
    {
        foreach (var address in new[] { Far, FarIPv6, "10.77.0.2", "fd77::2" })
            Assert.NotEqual(0, TryPing(One.Namespace, address).ExitCode);
        foreach (var address in new[] { Far, FarIPv6 })
            Assert.NotEqual(0, TryPing(_guest!, address).ExitCode);
    }

    private static ProcessResult TryPing(NetworkNamespace from, string address) => from.TryRun("ping", "-n", "-q", "-c", "1", "-W", "0.3", address);

    private void Ping(string address) => One.Namespace.Run("ping", "-n", "-q", "-c", "2", "-i", "0.2", "-w", "15", address);

    private PacketCapture CaptureLeaks() => new(
        One.Namespace, "eth0", "outbound", "and", "not", "arp",
        "and", "not", $"udp port {One.ListenPort}",
        "and", "not", "(ip6 and (ip6[6] == 0 or (ip6[6] == 58 and ip6[40] >= 133 and ip6[40] <= 136)))");

    private string Config(string allowed, string extra = "", string? endpoint = null) => _files.Write(One.Interface + ".conf", One.ConfigFor(Two, withEndpoint: true, extra: extra)
        .Replace($"{Two.InnerIPv4}/32, {Two.InnerIPv6}/128", allowed, StringComparison.Ordinal)
        .Replace(Two.OuterEndpoint(overIPv6: false), endpoint ?? Two.OuterEndpoint(overIPv6: false), StringComparison.Ordinal));

    /// <summary>Gives the engine's process.</summary>
    private int Up(string config, params string[] options)
    {
        if (!File.Exists(Two.ControlSocket))
            Two.Engine("up", _files.Write(Two.Interface + ".conf", Two.ConfigFor(One, withEndpoint: false)));
        var report = One.Up(config, options);
        Assert.True(report.Ready, report.Message);
        return report.ProcessId;
    }
}
