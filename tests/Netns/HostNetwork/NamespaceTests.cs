using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Interface and UDP sockets in different namespaces: of the first host, the second being an ordinary one.</summary>
public sealed class NamespaceTests : IDisposable
{
    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;
    private readonly NetworkNamespace? _box = InteropRequirement.Missing([]) is null ? NetworkNamespace.Create() : null;

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    private NetworkNamespace Box => _box!;

    public void Dispose()
    {
        Two?.Dispose();
        One?.Dispose();
        _box?.Dispose();
        _files.Dispose();
    }

    /// <param name="allowed">A default route, which needs no mark where the tunnel's own datagrams are not; or less.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("0.0.0.0/0, ::/0", false)]
    [InlineData("10.78.0.2/32, fd78::2/128", true)]
    public void A_namespace_with_nothing_but_the_tunnel_in_it_reaches_the_other_end(string allowed, bool byPath)
    {
        var before = (HostPicture.Take(One.Namespace), HostPicture.Take(Box));
        Start(Two);
        Up(allowed, "--netns", byPath ? Box.Path : Box.Name);
        Assert.Equal(["lo", One.Interface], Box.IpJson("link").Select(link => link.GetProperty("ifname").GetString()).Order());
        Assert.DoesNotContain(One.Namespace.IpJson("link"), link => link.GetProperty("ifname").GetString() == One.Interface);
        Traffic.Transfer(Box, Two.Namespace, Two.InnerIPv4, 2_000_000);
        Traffic.Transfer(Two.Namespace, Box, One.InnerIPv6, 2_000_000);
        // In the host itself is nothing.
        Assert.Equal(before.Item1, HostPicture.Take(One.Namespace));
        Assert.DoesNotContain("mark", HostPicture.Firewall(Box));
        Assert.Equal(byPath ? 3 : 5, HostPicture.Rules(Box).Length);
        // From the way to the endpoint, which is no route of the namespace: 9000 - 80.
        Assert.Equal(8920, Box.IpJson("link", "show", One.Interface).Single().GetProperty("mtu").GetInt32());
        var shown = JsonSerializer.Deserialize(One.Engine("show", One.Interface, "--json").Output, ControlJsonContext.Default.TunnelInfo)!;
        Assert.Equal((byPath ? Box.Path : Box.Name, null), (shown.NetNs, shown.SocketNetNs));
        Assert.Contains($"network namespace: {(byPath ? Box.Path : Box.Name)}", One.Engine("show", One.Interface).Output);
        One.Engine("down", One.Interface);
        One.AssertNothingLeft();
        Assert.Equal(before, (HostPicture.Take(One.Namespace), HostPicture.Take(Box)));
    }

    /// <summary>The engine in a namespace that has no other link, its sockets in the host's.</summary>
    [InteropFact]
    public void Sockets_can_be_elsewhere_than_the_engine_and_stay_there_when_the_port_changes()
    {
        var before = HostPicture.Take(Box);
        Start(Two);
        var config = _files.Write(One.Interface + ".conf", One.ConfigFor(Two, withEndpoint: true).Replace("10.78.0.2/32, fd78::2/128", "0.0.0.0/0, ::/0"));
        Box.Run(InteropRequirement.Engine!, "up", config, "--socket-netns", One.Namespace.Name);
        Traffic.Transfer(Box, Two.Namespace, Two.InnerIPv4, 2_000_000);
        Box.Run("wg", "set", One.Interface, "listen-port", "51999");
        Assert.Contains(":51999", One.Namespace.Run("ss", "-lun").Output);
        Assert.DoesNotContain(":51999", Box.Run("ss", "-lun").Output);
        Traffic.Transfer(Box, Two.Namespace, Two.InnerIPv4, 2_000_000);
        var shown = JsonSerializer.Deserialize(Box.Run(InteropRequirement.Engine!, "show", One.Interface, "--json").Output, ControlJsonContext.Default.TunnelInfo)!;
        Assert.Equal((null, One.Namespace.Name), (shown.NetNs, shown.SocketNetNs));
        Box.Run(InteropRequirement.Engine!, "down", One.Interface);
        Assert.Equal(before, HostPicture.Take(Box));
    }

    /// <summary>Peers, routes and addresses are changed by other threads than the one that started.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void What_changes_later_changes_there_too()
    {
        Start(Two);
        Up("10.78.0.2/32", "--netns", Box.Name);
        Two.Namespace.Ip("addr", "add", "10.99.0.2/32", "dev", "lo");
        One.Engine("sync", _files.Write(One.Interface + ".conf", Config("10.78.0.2/32, 10.99.0.0/16").Replace("ListenPort = 51821", "ListenPort = 51998").Replace("10.78.0.1/24", "10.78.0.1/24, 10.78.0.77/32")));
        Assert.Contains(Box.IpJson("route"), route => route.GetProperty("dst").GetString() == "10.99.0.0/16");
        Assert.Contains("10.78.0.77", Box.Ip("addr").Output);
        Assert.Contains(":51998", One.Namespace.Run("ss", "-lun").Output);
        Box.Run("ping", "-n", "-q", "-c", "1", "-w", "15", "10.99.0.2");
        One.Namespace.Ip("link", "set", "eth0", "down");
        One.Namespace.Ip("link", "set", "eth0", "up");
        Box.Run("ping", "-n", "-q", "-c", "1", "-w", "15", "10.99.0.2");
    }

    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("down")]
    [InlineData("up --netns")]
    [InlineData("up")]
    public void What_a_killed_engine_has_left_in_it_goes(string undoing)
    {
        var before = (HostPicture.Take(One.Namespace), HostPicture.Take(Box));
        var engine = Up("0.0.0.0/0, ::/0", "--netns", Box.Name, "--forward", "--kill-switch");
        Signals.Send(engine, Signals.Kill);
        Eventually.True(() => Box.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Interface), "the engine is gone");
        Assert.Contains("wireguard-killswitch", HostPicture.Firewall(Box));
        if (undoing != "down")
            Up("10.78.0.2/32", undoing == "up" ? [] : ["--netns", Box.Name]);
        if (undoing == "up")
            Assert.Equal(before.Item2, HostPicture.Take(Box));
        One.Engine("down", One.Interface);
        Assert.Equal(before, (HostPicture.Take(One.Namespace), HostPicture.Take(Box)));
        Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
    }

    [InteropFact(InteropRequirement.Nft, InteropRequirement.Tcpdump)]
    public void A_kill_switch_closes_the_namespace_and_not_the_host()
    {
        using var outside = NetworkNamespace.Create();
        Box.ConnectTo(outside, "leak", ["10.79.0.1/24"], "eth0", ["10.79.0.2/24"]);
        Start(Two);
        Up("10.78.0.2/32", "--netns", Box.Name, "--kill-switch");
        Box.Run("ping", "-n", "-q", "-c", "1", "-w", "15", "10.78.0.2");
        Assert.NotEqual(0, Box.TryRun("ping", "-n", "-q", "-c", "1", "-W", "0.5", "10.79.0.2").ExitCode);
        One.Namespace.Run("ping", "-n", "-q", "-c", "1", "-w", "15", "10.77.0.2");
        Assert.Equal("", HostPicture.Firewall(One.Namespace));
    }

    [InteropFact]
    public void A_namespace_that_is_removed_ends_the_engine()
    {
        var gone = NetworkNamespace.Create();
        try
        {
            var engine = Up("10.78.0.2/32", "--netns", gone.Name);
            gone.Dispose();
            Eventually.True(() => !File.Exists(One.ControlSocket) && ProcessIds(One.Namespace).All(id => id != engine), "the engine has ended");
            Assert.Contains($"/run/netns/{gone.Name} was removed", File.ReadAllText(Path.ChangeExtension(One.ControlSocket, ".log")));
        }
        finally
        {
            gone.Dispose();
        }
    }

    /// <summary>A journal of a namespace that is gone tells of nothing that is still there.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void What_was_left_in_a_namespace_that_is_gone_is_forgotten()
    {
        var gone = NetworkNamespace.Create();
        try
        {
            Signals.Send(Up("10.78.0.2/32", "--netns", gone.Name, "--kill-switch"), Signals.Kill);
            gone.Dispose();
            Eventually.True(() => ProcessIds(One.Namespace).Count == 0, "the engine is gone");
            Assert.NotEmpty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*.undo"));
            Assert.Contains($"/run/netns/{gone.Name} is found neither by that name", One.Engine("down", One.Interface).Error);
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
        }
        finally
        {
            gone.Dispose();
        }
    }

    /// <summary>A name that is gone does not end a namespace while processes live in it.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void What_was_left_in_one_whose_name_is_gone_is_found_by_a_process_in_it()
    {
        var nameless = NetworkNamespace.Create();
        try
        {
            var inside = nameless.Start("sleep", "100");
            KillAfter(nameless, "--netns", nameless.Name, "--kill-switch", "--forward");
            ProcessResult.Run("ip", ["netns", "del", nameless.Name]).EnsureSuccess();
            string Firewall() => ProcessResult.Run("nsenter", [$"--net=/proc/{inside.Id}/ns/net", "nft", "list", "ruleset"]).EnsureSuccess().Output;
            Assert.Contains("wireguard-killswitch", Firewall());
            Assert.Contains($"nothing leaves the network namespace /run/netns/{nameless.Name}", One.TryEngine("show", One.Interface).Error);
            Assert.DoesNotContain("is found neither", One.Engine("down", One.Interface).Error);
            Assert.Equal("", Firewall());
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
        }
        finally
        {
            nameless.Dispose();
        }
    }

    /// <summary>A service cannot look into other namespaces: what it cannot see is not gone, and no reason not to start here.</summary>
    /// <param name="isNamed">The namespace still has its name; else it is kept by a process in it alone.</param>
    [InteropTheory(InteropRequirement.Nft, "setpriv")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_confined_start_tells_of_what_was_left_elsewhere_and_leaves_it_to_whoever_may_look(bool isNamed)
    {
        var other = NetworkNamespace.Create();
        try
        {
            var inside = other.Start("sleep", "100");
            KillAfter(other, "--netns", other.Name, "--kill-switch");
            if (!isNamed)
                ProcessResult.Run("ip", ["netns", "del", other.Name]).EnsureSuccess();
            var started = One.Namespace.TryRun(
                "setpriv", "--bounding-set=-all,+net_admin,+net_bind_service,+chown", "--no-new-privs",
                InteropRequirement.Engine!, "up", WriteConfig("10.78.0.2/32"), "--kill-switch");
            Assert.True(started.ExitCode == 0, started.Error);
            var log = File.ReadAllText(Path.ChangeExtension(One.ControlSocket, ".log"));
            Assert.Contains($"has left in the network namespace /run/netns/{other.Name} stays", log);
            Assert.DoesNotContain("is found neither", log);
            One.Engine("down", One.Interface);
            string Firewall() => ProcessResult.Run("nsenter", [$"--net=/proc/{inside.Id}/ns/net", "nft", "list", "ruleset"]).EnsureSuccess().Output;
            Assert.Equal("", Firewall());
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
        }
        finally
        {
            other.Dispose();
        }
    }

    [InteropFact(InteropRequirement.Nft)]
    public void What_an_engine_has_left_that_was_started_inside_is_found_from_outside()
    {
        var before = HostPicture.Take(Box);
        var report = JsonSerializer.Deserialize(
            Box.Run(InteropRequirement.Engine!, "up", WriteConfig("0.0.0.0/0"), "--report", "json", "--socket-netns", One.Namespace.Name, "--kill-switch").Output, ControlJsonContext.Default.StartReport)!;
        Signals.Send(report.ProcessId, Signals.Kill);
        AwaitItsDeath(Box);
        Assert.Contains($"nothing leaves the network namespace", One.TryEngine("show", One.Interface).Error);
        One.Engine("down", One.Interface);
        Assert.Equal(before, HostPicture.Take(Box));
    }

    /// <summary>One namespace is closed, and a start asks for another to be.</summary>
    /// <param name="first">The interface's was the box.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData(true)]
    [InlineData(false)]
    public void A_kill_switch_elsewhere_stays_through_a_start_that_fails_and_goes_with_one_that_does_not(bool first)
    {
        string[] options(bool inBox) => inBox ? ["--kill-switch", "--netns", Box.Name] : ["--kill-switch"];
        var (closed, next) = first ? (Box, One.Namespace) : (One.Namespace, Box);
        KillAfter(closed, options(first));
        Assert.Contains("wireguard-killswitch", HostPicture.Firewall(closed));
        // A name that nobody knows, then a command that fails when all else is done.
        Assert.NotEqual(0, One.TryEngine(["up", WriteConfig("10.78.0.2/32", "PostUp = false"), "--allow-hooks", .. options(!first)]).ExitCode);
        Assert.Contains("wireguard-killswitch", HostPicture.Firewall(closed));
        Assert.Equal("", HostPicture.Firewall(next));
        var report = One.Up(WriteConfig("10.78.0.2/32"), options(!first));
        Assert.Contains(report.Warnings!, warning => warning.Contains("in another network namespace is open now", StringComparison.Ordinal));
        Assert.Equal("", HostPicture.Firewall(closed));
        Assert.Contains("wireguard-killswitch", HostPicture.Firewall(next));
        One.Engine("down", One.Interface);
        Assert.Equal("", HostPicture.Firewall(next));
    }

    /// <summary>Names are looked up where the engine is; what is closed elsewhere is in nobody's way, and stays.</summary>
    /// <param name="isInside">The engine is where the interface is, and its sockets elsewhere.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData(false)]
    [InlineData(true)]
    public void Look_ups_pass_a_closed_kill_switch_where_names_are_looked_up_and_nowhere_else(bool isInside)
    {
        string[] options = isInside ? ["--kill-switch", "--socket-netns", One.Namespace.Name] : ["--kill-switch", "--netns", Box.Name];
        var place = isInside ? Box : One.Namespace;
        var report = JsonSerializer.Deserialize(place.Run(InteropRequirement.Engine!, ["up", WriteConfig("10.78.0.2/32"), "--report", "json", .. options]).Output, ControlJsonContext.Default.StartReport)!;
        Signals.Send(report.ProcessId, Signals.Kill);
        AwaitItsDeath(Box);
        using var names = new SilentNameServer(place);
        var up = place.Start(InteropRequirement.Engine!, ["up", WriteConfig("10.78.0.2/32", endpoint: "name.example:1"), "--timeout", "6", .. options]);
        names.AwaitQuestion();
        var firewall = HostPicture.Firewall(Box);
        Assert.Contains("wireguard-killswitch", firewall);
        Assert.Equal(isInside, firewall.Contains("dport 53", StringComparison.Ordinal));
        Assert.True(up.WaitForExit(TimeSpan.FromSeconds(30)), "`up` gives up");
        firewall = HostPicture.Firewall(Box);
        Assert.Contains("wireguard-killswitch", firewall);
        Assert.DoesNotContain("dport 53", firewall);
    }

    /// <summary>Its own uplink has a default route, and later a better one, as a router's advertisement or DHCP brings it.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void A_default_route_in_it_gives_way_to_nobodys()
    {
        using var uplink = NetworkNamespace.Create();
        Box.ConnectTo(uplink, "up0", ["10.55.0.2/24", "fd55::2/64"], "eth0", ["10.55.0.1/24", "fd55::1/64"]);
        Box.Ip("route", "add", "default", "via", "10.55.0.1", "metric", "100");
        Box.Ip("-6", "route", "add", "default", "via", "fd55::1", "dev", "up0");
        var before = HostPicture.Take(Box);
        Up("0.0.0.0/0, ::/0", "--netns", Box.Name);
        AssertWay();
        Box.Ip("route", "replace", "default", "via", "10.55.0.1");
        Box.Ip("-6", "route", "append", "default", "via", "fd55::1", "dev", "up0", "proto", "ra", "metric", "10", "pref", "high");
        AssertWay();
        // Its own network is reached as before, and nobody in it reaches the tunnel's address.
        Assert.Contains("dev up0", Box.Ip("route", "get", "10.55.0.1").Output);
        Assert.Contains($"ip daddr {One.InnerIPv4}", HostPicture.Firewall(Box));
        Box.Ip("route", "del", "default", "via", "10.55.0.1", "metric", "0");
        Box.Ip("-6", "route", "del", "default", "dev", "up0", "metric", "10");
        One.Engine("down", One.Interface);
        Assert.Equal(before, HostPicture.Take(Box));

        void AssertWay()
        {
            foreach (var address in new[] { "1.1.1.1", "2001:db8::1" })
                Assert.Contains($"dev {One.Interface}", Box.Ip("route", "get", address).Output);
        }
    }

    [InteropFact]
    public void Name_servers_are_refused_by_what_would_be_done_as_by_what_is()
    {
        Up("10.78.0.2/32", "--netns", Box.Name);
        var config = WriteConfig("10.78.0.2/32", "DNS = 10.78.0.2");
        foreach (var options in new string[][] { ["--dry-run"], [] })
        {
            var refused = One.TryEngine(["sync", config, .. options]);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("/etc/netns/NAME/resolv.conf", refused.Error);
        }
    }

    [InteropFact(InteropRequirement.Nft)]
    public void What_stays_closed_is_named()
    {
        Up("10.78.0.2/32", "--netns", Box.Name, "--kill-switch");
        Box.Ip("link", "del", One.Interface);
        Eventually.True(() => !File.Exists(One.ControlSocket), "the engine has ended");
        Assert.Contains($"the kill switch stays closed: nothing leaves the network namespace {Box.Path} until", File.ReadAllText(Path.ChangeExtension(One.ControlSocket, ".log")));
        One.Engine("down", One.Interface);
        Assert.Equal("", HostPicture.Firewall(Box));
    }

    [InteropFact]
    public void A_namespace_that_is_not_there_or_none_is_named_and_so_is_what_to_do_about_name_servers()
    {
        var config = _files.Write(One.Interface + ".conf", Config("10.78.0.2/32"));
        var refused = One.TryEngine("up", config, "--netns", "nowhere-at-all");
        Assert.Contains("There is no network namespace nowhere-at-all: /run/netns/nowhere-at-all does not exist.", refused.Error);
        Assert.Contains("/dev/null is no network namespace", One.TryEngine("up", config, "--netns", "/dev/null").Error);
        // To open one waits for somebody who writes.
        var pipe = Path.Combine(Path.GetDirectoryName(config)!, "pipe");
        ProcessResult.Run("mkfifo", [pipe]).EnsureSuccess();
        Assert.Contains($"{pipe} is no network namespace", One.TryEngine("up", config, "--netns", pipe).Error);
        config = _files.Write(One.Interface + ".conf", Config("10.78.0.2/32").Replace("ListenPort", "DNS = 10.78.0.2\nListenPort"));
        refused = One.TryEngine("up", config, "--netns", Box.Name);
        Assert.Contains("/etc/netns/NAME/resolv.conf", refused.Error);
        Assert.Empty(One.Leftovers());
    }

    private static List<int> ProcessIds(NetworkNamespace netns) =>
        [.. ProcessResult.Run("ip", ["netns", "pids", netns.Name]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private void AwaitItsDeath(NetworkNamespace place) =>
        Eventually.True(() => place.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Interface), "the engine is gone");

    /// <summary>Starts a tunnel with its interface there, and kills its engine.</summary>
    private void KillAfter(NetworkNamespace place, params string[] options)
    {
        Signals.Send(Up("10.78.0.2/32", options), Signals.Kill);
        AwaitItsDeath(place);
    }

    private string WriteConfig(string allowed, string extra = "", string? endpoint = null) => _files.Write(
        One.Interface + ".conf",
        Config(allowed).Replace("ListenPort", $"{extra}\nListenPort", StringComparison.Ordinal).Replace(Two.OuterEndpoint(overIPv6: false), endpoint ?? Two.OuterEndpoint(overIPv6: false), StringComparison.Ordinal));

    private string Config(string allowed) => One.ConfigFor(Two, withEndpoint: true).Replace("10.78.0.2/32, fd78::2/128", allowed, StringComparison.Ordinal);

    private void Start(Host host)
    {
        // Long enough that no default would do.
        One.Namespace.Ip("link", "set", "eth0", "mtu", "9000");
        Two.Namespace.Ip("link", "set", "eth0", "mtu", "9000");
        var report = host.Up(_files.Write(host.Interface + ".conf", host.ConfigFor(One, withEndpoint: false)));
        Assert.True(report.Ready, report.Message);
    }

    /// <summary>Gives the engine's process.</summary>
    private int Up(string allowed, params string[] options)
    {
        var report = One.Up(_files.Write(One.Interface + ".conf", Config(allowed)), options);
        Assert.True(report.Ready, report.Message);
        return report.ProcessId;
    }
}
