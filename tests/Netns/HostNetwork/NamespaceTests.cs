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

    /// <param name="allowed">A default route, which needs no mark and no rules where the tunnel's own datagrams are not; or less.</param>
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
        // In the host itself, and in the namespace but for addresses and routes, is nothing.
        Assert.Equal(before.Item1, HostPicture.Take(One.Namespace));
        Assert.Equal("", HostPicture.Firewall(Box));
        Assert.Equal(3, HostPicture.Rules(Box).Length);
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
            One.Engine("down", One.Interface);
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
        }
        finally
        {
            gone.Dispose();
        }
    }

    [InteropFact]
    public void A_namespace_that_is_not_there_or_none_is_named_and_so_is_what_to_do_about_name_servers()
    {
        var config = _files.Write(One.Interface + ".conf", Config("10.78.0.2/32"));
        var refused = One.TryEngine("up", config, "--netns", "nowhere-at-all");
        Assert.Contains("There is no network namespace nowhere-at-all: /run/netns/nowhere-at-all does not exist.", refused.Error);
        Assert.Contains("/dev/null is no network namespace", One.TryEngine("up", config, "--netns", "/dev/null").Error);
        config = _files.Write(One.Interface + ".conf", Config("10.78.0.2/32").Replace("ListenPort", "DNS = 10.78.0.2\nListenPort"));
        refused = One.TryEngine("up", config, "--netns", Box.Name);
        Assert.Contains("/etc/netns/NAME/resolv.conf", refused.Error);
        Assert.Empty(One.Leftovers());
    }

    private static List<int> ProcessIds(NetworkNamespace netns) =>
        [.. ProcessResult.Run("ip", ["netns", "pids", netns.Name]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

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
