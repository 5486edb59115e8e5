using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Somebody else flushes the host's firewall while a tunnel needs it, as a reload of nftables.service does.</summary>
public sealed class FirewallRestoreTests : IDisposable
{
    private const string Far = "198.51.100.1";

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    private string KillSwitchTable => $"wireguard-killswitch-{One.Interface}";

    private string Log => File.ReadAllText(Path.ChangeExtension(One.ControlSocket, ".log"));

    public void Dispose()
    {
        Two?.Dispose();
        One?.Dispose();
        _files.Dispose();
    }

    /// <param name="attack">TABLE stands for the kill switch's.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("flush ruleset")]
    [InlineData("delete table inet TABLE")]
    [InlineData("flush table inet TABLE")]
    [InlineData("flush chain inet TABLE output")]
    [InlineData("chain inet TABLE output { policy accept; }")]
    [InlineData("table inet TABLE { flags dormant; }")]
    [InlineData("delete table inet TABLE; table inet TABLE { chain output { type filter hook output priority filter; policy drop; }; chain forward { type filter hook forward priority filter; policy drop; }; }")]
    public void A_kill_switch_closes_again_and_says_so(string attack)
    {
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        Up("0.0.0.0/0", "--kill-switch");
        var before = HostPicture.Tables(One.Namespace);
        Assert.NotNull(SendAround());
        One.Namespace.Run("nft", attack.Replace("TABLE", KillSwitchTable, StringComparison.Ordinal));
        Eventually.True(() => HostPicture.Tables(One.Namespace) == before, "all is as it was");
        Assert.NotNull(SendAround());
        Eventually.True(() => Log.Contains($"taken away or changed the nftables table inet {KillSwitchTable}", StringComparison.Ordinal), "the log tells");
        One.Engine("down", One.Interface);
        Assert.Equal("", HostPicture.Firewall(One.Namespace));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void However_often_it_is_opened_it_closes_and_what_somebody_adds_stays()
    {
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        Up("10.78.0.2/32", "--kill-switch");
        for (var i = 0; i < 3; i++)
        {
            One.Namespace.Run("nft", "flush", "ruleset");
            Eventually.True(() => SendAround() is not null, "it is closed again");
        }

        Eventually.True(() => Log.Split("taken away or changed").Length == 4, "each time is told once");
        One.Namespace.Run("nft", "insert", "rule", "inet", KillSwitchTable, "output", "ip", "daddr", Far, "accept");
        Assert.Null(SendAround());
        // Another change, which is no reason either.
        One.Namespace.Run("nft", "add table inet mine; delete table inet mine");
        Thread.Sleep(500);
        Assert.Null(SendAround());
    }

    /// <summary>The rules against spoofing, and those that keep to the tunnel what --forward begins to pass on.</summary>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("0.0.0.0/0, ::/0")]
    [InlineData("0.0.0.0/0", "--forward")]
    [InlineData("10.78.0.2/32", "--masquerade")]
    public void So_do_all_other_tables(string allowed, params string[] options)
    {
        Up(allowed, options);
        var before = HostPicture.Tables(One.Namespace);
        One.Namespace.Run("nft", "flush", "ruleset");
        Eventually.True(() => HostPicture.Tables(One.Namespace) == before, "all is as it was");
        // What is set later, for another address, is set again as well.
        One.Engine("sync", _files.Write(One.Interface + ".conf", Config(allowed).Replace($"{One.InnerIPv4}/24", $"{One.InnerIPv4}/24, 10.78.0.77/32")));
        before = HostPicture.Tables(One.Namespace);
        One.Namespace.Run("nft", "flush", "ruleset");
        Eventually.True(() => HostPicture.Tables(One.Namespace) == before, "all is as it was");
        One.Engine("down", One.Interface);
        Assert.Equal("", HostPicture.Firewall(One.Namespace));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void In_the_namespace_of_the_interface_too()
    {
        using var box = NetworkNamespace.Create();
        Up("10.78.0.2/32", "--netns", box.Name, "--kill-switch", "--forward");
        var before = HostPicture.Tables(box);
        Assert.Contains(KillSwitchTable, before);
        box.Run("nft", "flush", "ruleset");
        Eventually.True(() => HostPicture.Tables(box) == before, "all is as it was");
        Assert.Equal("", HostPicture.Firewall(One.Namespace));
    }

    /// <summary>Behind a kill switch that a dead engine has left, a start that looks names up guards it as well.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void While_a_start_looks_names_up_as_well()
    {
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        Signals.Send(Up("0.0.0.0/0", "--kill-switch"), Signals.Kill);
        Eventually.True(() => One.Namespace.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Interface), "the engine is gone");
        using var names = new SilentNameServer(One.Namespace, Two.Namespace, Two.OuterAddress);
        var config = _files.Write(One.Interface + ".conf", Config("0.0.0.0/0").Replace(Two.OuterEndpoint(overIPv6: false), "name.example:1", StringComparison.Ordinal));
        var up = One.Namespace.Start(InteropRequirement.Engine!, "up", config, "--kill-switch", "--timeout", "8");
        names.AwaitQuestion();
        One.Namespace.Run("nft", "flush", "ruleset");
        Eventually.True(() => SendAround() is not null, "it is closed again");
        Assert.True(up.WaitForExit(TimeSpan.FromSeconds(30)), "`up` gives up");
        Assert.NotNull(SendAround());
        // By the engine, and not by `up` when that gave up.
        Assert.Contains("taken away or changed the nftables table", Log);
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Iptables_that_are_loaded_again_let_the_tunnel_pass_again()
    {
        const string Dropping = "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority filter; policy drop; }";
        // First there is none: it comes later, as Docker does.
        Up("10.78.0.2/32", "--forward");
        for (var i = 0; i < 2; i++)
        {
            One.Namespace.Run("nft", $"flush ruleset; {Dropping}");
            Eventually.True(() => HostPicture.Firewall(One.Namespace).Split($"comment \"wireguard-engine {One.Interface}\"").Length == 3, "both rules are there");
        }

        One.Namespace.Run("nft", $"flush ruleset; {Dropping}; add chain ip filter DOCKER-USER");
        // Nothing leads to Docker's chain yet.
        Eventually.True(() => Rules("FORWARD") == 2, "both rules are there");
        Assert.Equal(0, Rules("DOCKER-USER"));
        One.Namespace.Run("nft", "add rule ip filter FORWARD jump DOCKER-USER");
        Eventually.True(() => Rules("DOCKER-USER") == 2, "both rules are in the chain for others");
        One.Engine("down", One.Interface);
        Assert.DoesNotContain("wireguard", HostPicture.Firewall(One.Namespace));

        int Rules(string chain) => One.Namespace.Run("nft", "list", "chain", "ip", "filter", chain).Output.Split("wireguard-engine").Length - 1;
    }

    /// <summary>Sends a datagram around the tunnel; what went wrong, or null.</summary>
    private SocketError? SendAround() => One.Namespace.Invoke<SocketError?>(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(One.OuterAddress, 0));
        socket.SetRawSocketOption(1, 25, [.. "eth0\0"u8]);
        try
        {
            socket.SendTo([1], new IPEndPoint(IPAddress.Parse(Far), 9));
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    });

    private string Config(string allowed) => One.ConfigFor(Two, withEndpoint: true).Replace("10.78.0.2/32, fd78::2/128", allowed, StringComparison.Ordinal);

    /// <summary>Gives the engine's process.</summary>
    private int Up(string allowed, params string[] options)
    {
        StartReport report = One.Up(_files.Write(One.Interface + ".conf", Config(allowed)), options);
        Assert.True(report.Ready, report.Message);
        return report.ProcessId;
    }
}
