using System.Net;
using WireGuard.Api;
using WireGuard.Tests.Interop;
using WireGuard.Tests.Paths;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Two hosts, each with two containers behind a bridge, that a tunnel joins.</summary>
public sealed class SiteToSiteTests : IDisposable
{
    private const string Option = "--forward";
    private const string Dropping = "add table {0} filter; add chain {0} filter FORWARD {{ type filter hook forward priority filter; policy drop; }}; ";

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;
    private readonly List<NetworkNamespace> _more = [];
    private readonly Site? _one;
    private readonly Site? _two;

    public SiteToSiteTests()
    {
        if (_hosts.One is null)
            return;
        _one = new Site(_hosts.One, 1);
        _two = new Site(_hosts.Two, 2);
        // A new link's first second: neighbours do not find each other.
        _hosts.One.AwaitIPv6(_hosts.Two);
    }

    private Site One => _one!;

    private Site Two => _two!;

    public void Dispose()
    {
        foreach (var netns in _more)
            netns.Dispose();
        _one?.Dispose();
        _two?.Dispose();
        _hosts.Two?.Dispose();
        _hosts.One?.Dispose();
        _files.Dispose();
    }

    [InteropFact(InteropRequirement.Nft, InteropRequirement.Tcpdump)]
    public void All_reach_all_and_nothing_is_cut_into_fragments_and_the_stop_leaves_no_trace()
    {
        var before = (HostPicture.Take(One.Host.Namespace), HostPicture.Take(Two.Host.Namespace));
        Up(One, Two, Option);
        Up(Two, One, Option);
        foreach (var (from, to) in new[] { (One, Two), (Two, One) })
        {
            foreach (var ipv6 in new[] { false, true })
            {
                for (var pair = 0; pair < 4; pair++)
                    Ping(from.Containers[pair / 2], to.Address(pair % 2, ipv6));
            }
        }

        var fragments = One.Fragments() + Two.Fragments();
        // One end does it for both, whatever is at the other.
        Two.Host.Namespace.Run("nft", "insert", "rule", "inet", $"wireguard-forward-{Two.Host.Interface}", "clamp", "accept");
        string[] beginnings = ["tcp[tcpflags] & tcp-syn != 0", "or", "(ip6 and ip6[6] == 6 and ip6[53] & 2 != 0)"];
        using (var asked = new PacketCapture(Two.Containers[1], "eth0", beginnings))
        using (var answered = new PacketCapture(One.Containers[0], "eth0", beginnings))
        {
            Traffic.Transfer(One.Containers[0], Two.Containers[1], IPAddress.Parse(Two.Address(1)), 20_000_000);
            Traffic.Transfer(One.Containers[0], Two.Containers[1], IPAddress.Parse(Two.Address(1, ipv6: true)), 5_000_000);
            // 1420, less the headers of IP (20, 40) and TCP (20); they have said 1460 and 1440.
            asked.Await("Flags [S],", "mss 1380", Two.Address(1));
            asked.Await("Flags [S],", "mss 1360", Two.Address(1, ipv6: true));
            answered.Await("Flags [S.],", "mss 1380", Two.Address(1));
            answered.Await("Flags [S.],", "mss 1360", Two.Address(1, ipv6: true));
        }

        Traffic.Transfer(Two.Containers[0], One.Containers[1], IPAddress.Parse(One.Address(1)), 5_000_000);
        Assert.Equal(fragments, One.Fragments() + Two.Fragments());
        One.Host.Engine("down", One.Host.Interface);
        Two.Host.Engine("down", Two.Host.Interface);
        Assert.Equal(before, (HostPicture.Take(One.Host.Namespace), HostPicture.Take(Two.Host.Namespace)));
    }

    /// <param name="more">Docker's chain for rules of others.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("", "FORWARD")]
    [InlineData("add chain {0} filter DOCKER-USER; add rule {0} filter FORWARD jump DOCKER-USER", "DOCKER-USER")]
    public void Iptables_that_drop_what_they_do_not_know_are_told_of_the_tunnel_and_forget_it(string more, string chain)
    {
        foreach (var family in new[] { "ip", "ip6" })
            One.Host.Namespace.Run("nft", string.Format(null, Dropping + more, family));
        var before = HostPicture.Take(One.Host.Namespace);
        Assert.Null(Up(One, Two, Option).Warnings);
        Up(Two, One, Option);
        PingBothWays();
        var inserted = One.Host.Namespace.Run("nft", "list", "chain", "ip", "filter", chain).Output;
        Assert.Contains($"iifname \"{One.Host.Interface}\" counter", inserted);
        Assert.Contains($"comment \"wireguard-engine {One.Host.Interface}\"", inserted);
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal(before, HostPicture.Take(One.Host.Namespace));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_firewall_that_drops_is_named_with_what_to_do_which_helps()
    {
        One.Host.Namespace.Run("nft", "add table inet mine; add chain inet mine passing { type filter hook forward priority 10; policy drop; }");
        var warning = Assert.Single(Up(One, Two, Option).Warnings ?? []);
        Up(Two, One, Option);
        Assert.Contains("inet mine passing", warning);
        Assert.NotEqual(0, TryPing(One.Containers[0], Two.Address(0)).ExitCode);
        var advice = warning.Split('`').Where(part => part.StartsWith("nft ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, advice.Length);
        foreach (var command in advice)
            One.Host.Namespace.Run("nft", command["nft ".Length..].Split(' '));
        PingBothWays();
    }

    [InteropFact(InteropRequirement.Nft)]
    public void What_was_not_passed_on_between_the_others_still_is_not_unless_somebody_else_wants_it()
    {
        Up(One, Two, Option);
        Up(Two, One, Option);
        PingBothWays();
        // From its bridge to its underlay, with a way back.
        Two.Host.Namespace.Ip("route", "add", "10.80.1.11/32", "via", "10.77.0.1", "metric", "1");
        Two.Host.Namespace.Ip("-6", "route", "add", "fd80:1::11/128", "via", "fd77::1", "metric", "1");
        Assert.NotEqual(0, TryPing(One.Containers[0], "10.77.0.2").ExitCode);
        Assert.NotEqual(0, TryPing(One.Containers[0], "fd77::2").ExitCode);
        // As Docker does when it is started later.
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        Ping(One.Containers[0], "10.77.0.2");
        Ping(One.Containers[0], "fd77::2");
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal("1", Sysctl("net.ipv4.conf.br0.forwarding"));
        Ping(One.Containers[0], "10.77.0.2");
        Ping(One.Containers[0], "fd77::2");
    }

    /// <param name="isWanted">Somebody else has packets passed on by all interfaces meanwhile.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interface_that_gets_another_name_passes_nothing_on_then_and_afterwards(bool isWanted)
    {
        string[] settings = ["net.ipv4.conf.lan0.forwarding", "net.ipv6.conf.lan0.force_forwarding"];
        Up(One, Two, Option);
        Two.Host.Namespace.Ip("route", "add", "10.80.1.11/32", "via", "10.77.0.1", "metric", "1");
        One.Host.Namespace.Ip("link", "set", Site.Bridge, "name", "lan0");
        Assert.NotEqual(0, TryPing(One.Containers[0], "10.77.0.2").ExitCode);
        Assert.All(settings, setting => Assert.Equal("1", Sysctl(setting)));
        if (isWanted)
            One.Host.Namespace.Run("sysctl", "-qw", "net.ipv4.ip_forward=1");
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal([isWanted ? "1" : "0", "0"], settings.Select(Sysctl));
        Assert.DoesNotContain("wireguard", HostPicture.Firewall(One.Host.Namespace));
    }

    /// <param name="isOn">Others have packets passed on by all interfaces when the tunnel starts.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData(false)]
    [InlineData(true)]
    public void Whoever_turns_forwarding_off_for_all_does_not_turn_it_off_for_the_tunnel(bool isOn)
    {
        string[] all = ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"];
        void Turn(int value) => One.Host.Namespace.Run("sysctl", ["-qw", .. all.Select(key => $"{key}={value}")]);
        if (isOn)
            Turn(1);
        Up(One, Two, Option);
        Up(Two, One, Option);
        PingBothWays();
        if (!isOn)
            Turn(1);
        Turn(0);
        Eventually.True(() => Sysctl("net.ipv4.conf.br0.forwarding") == "1" && Sysctl($"net.ipv4.conf.{One.Host.Interface}.forwarding") == "1", "it is on again");
        PingBothWays();
        // And for nobody else.
        Eventually.True(() => HostPicture.Firewall(One.Host.Namespace).Contains("meta nfproto ipv4 iif \"br0\" drop", StringComparison.Ordinal), "the rest is kept out");
        string[] wayBack = ["10.80.1.11/32", "via", "10.77.0.1", "metric", "1"];
        Two.Host.Namespace.Ip(["route", "add", .. wayBack]);
        Assert.NotEqual(0, TryPing(One.Containers[0], "10.77.0.2").ExitCode);
        Two.Host.Namespace.Ip(["route", "del", .. wayBack]);
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv6.conf.all.force_forwarding=0");
        Eventually.True(() => Sysctl("net.ipv6.conf.br0.force_forwarding") == "1", "it is on again");
        PingBothWays();
        Assert.Contains("somebody else has turned forwarding off for all interfaces", File.ReadAllText(Path.ChangeExtension(One.Host.ControlSocket, ".log")));
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal(["0", "0"], new[] { "net.ipv4.conf.br0.forwarding", "net.ipv6.conf.br0.force_forwarding" }.Select(Sysctl));
        Assert.DoesNotContain("wireguard", HostPicture.Firewall(One.Host.Namespace));
    }

    /// <summary>What an administrator has turned off one by one stays off, whatever becomes of the tunnel's own.</summary>
    [InteropFact(InteropRequirement.Nft)]
    public void What_is_turned_off_for_the_tunnel_alone_is_on_again_and_what_somebody_has_shut_stays_shut()
    {
        One.Host.Namespace.Ip("link", "add", "third0", "type", "bridge");
        Up(One, Two, Option);
        Up(Two, One, Option);
        PingBothWays();
        foreach (var (family, setting) in new[] { ("ipv4", "forwarding"), ("ipv6", "force_forwarding") })
        {
            string Key(string link) => $"net.{family}.conf.{link}.{setting}";
            One.Host.Namespace.Run("sysctl", "-qw", $"{Key("third0")}=0");
            One.Host.Namespace.Run("sysctl", "-qw", $"{Key(One.Host.Interface)}=0");
            Eventually.True(() => Sysctl(Key(One.Host.Interface)) == "1", "it is on again");
            Assert.Equal(("1", "0"), (Sysctl(Key("br0")), Sysctl(Key("third0"))));
            Assert.Contains($"turned forwarding off for {One.Host.Interface};", File.ReadAllText(Path.ChangeExtension(One.Host.ControlSocket, ".log")));
            // And when it is turned off for all: what was shut before is not wanted.
            Thread.Sleep(500);
            One.Host.Namespace.Run("sysctl", "-qw", family == "ipv4" ? "net.ipv4.ip_forward=0" : "net.ipv6.conf.all.force_forwarding=0");
            Eventually.True(() => (Sysctl(Key(One.Host.Interface)), Sysctl(Key("br0"))) == ("1", "1"), "it is on again");
            Assert.Equal("0", Sysctl(Key("third0")));
        }

        PingBothWays();
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Interfaces_that_got_another_name_or_were_made_anew_while_the_engine_was_dead_are_told_apart()
    {
        One.Host.Namespace.Ip("link", "add", "anew", "type", "bridge");
        Signals.Send(Up(One, Two, Option).ProcessId, Signals.Kill);
        Eventually.True(() => One.Host.Namespace.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Host.Interface), "the engine is gone");
        One.Host.Namespace.Ip("link", "set", Site.Bridge, "name", "lan0");
        One.Host.Namespace.Ip("link", "del", "anew");
        One.Host.Namespace.Ip("link", "add", "anew", "type", "bridge");
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv4.conf.anew.forwarding=1");
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal(["0", "0", "1"], new[] { "net.ipv4.conf.lan0.forwarding", "net.ipv6.conf.lan0.force_forwarding", "net.ipv4.conf.anew.forwarding" }.Select(Sysctl));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Nobody_is_told_to_make_a_hole_in_the_kill_switch_of_another_tunnel()
    {
        using var third = Host.Alone(3);
        var config = third.ConfigFor(Two.Host, withEndpoint: false).Replace("10.78.0.", "10.178.0.").Replace("fd78:", "fd79:");
        One.Host.Engine("up", _files.Write(third.Interface + ".conf", config), "--kill-switch");
        var warning = Assert.Single(Up(One, Two, Option).Warnings ?? []);
        Assert.StartsWith($"The kill switch of {third.Interface} lets nothing pass", warning);
        Assert.DoesNotContain("nft", warning);
        One.Host.Engine("down", third.Interface);
    }

    [InteropFact(InteropRequirement.Nft)]
    public void What_a_bridge_hands_from_port_to_port_is_none_of_our_business()
    {
        Up(One, Two, Option);
        // With br_netfilter it comes by the forward hook, from and to the bridge.
        Assert.Contains("iif \"br0\" oifname \"br0\" accept", HostPicture.Firewall(One.Host.Namespace));
        Ping(One.Containers[0], One.Address(1));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_setting_that_somebody_has_changed_stays_and_two_tunnels_do_not_take_it_from_each_other()
    {
        using var third = Host.Alone(3);
        var before = Sysctl("net.ipv4.conf.eth0.forwarding");
        Up(One, Two, Option);
        Up(Two, One, Option);
        var config = _files.Write(third.Interface + ".conf", third.ConfigFor(Two.Host, withEndpoint: false).Replace("10.78.0.", "10.178.0.").Replace("fd78:", "fd79:"));
        One.Host.Engine("up", config, Option);
        PingBothWays();
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal("1", Sysctl("net.ipv4.conf.eth0.forwarding"));
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv4.conf.br0.forwarding=0");
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv4.conf.br0.forwarding=1");
        One.Host.Namespace.Run("sysctl", "-qw", "net.ipv6.conf.eth0.force_forwarding=0");
        One.Host.Engine("down", third.Interface);
        Assert.Equal((before, "0"), (Sysctl("net.ipv4.conf.eth0.forwarding"), Sysctl("net.ipv6.conf.eth0.force_forwarding")));
        Assert.DoesNotContain("wireguard", HostPicture.Firewall(One.Host.Namespace));
    }

    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("down")]
    [InlineData("up")]
    public void What_a_killed_engine_has_left_goes(string undoing)
    {
        One.Host.Namespace.Run("nft", string.Format(null, Dropping, "ip"));
        var before = HostPicture.Take(One.Host.Namespace);
        Signals.Send(Up(One, Two, Option, "--masquerade").ProcessId, Signals.Kill);
        Eventually.True(() => One.Host.Namespace.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Host.Interface), "the engine is gone");
        Assert.NotEqual(before, HostPicture.Take(One.Host.Namespace));
        if (undoing == "up")
            Up(One, Two);
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal(before, HostPicture.Take(One.Host.Namespace));
    }

    [InteropTheory(InteropRequirement.Nft, InteropRequirement.Tcpdump)]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_has_no_way_back_is_reached_when_what_leaves_has_the_hosts_own_address(bool ipv6)
    {
        foreach (var container in Two.Containers)
        {
            container.Ip("route", "del", "default");
            container.Ip("-6", "route", "del", "default");
        }

        Up(One, Two);
        Up(Two, One, Option);
        var address = Two.Address(0, ipv6);
        Assert.NotEqual(0, TryPing(One.Host.Namespace, address).ExitCode);
        Two.Host.Engine("down", Two.Host.Interface);
        Up(Two, One, "--masquerade");
        using var wire = new PacketCapture(Two.Containers[0], "eth0", ipv6 ? "icmp6" : "icmp");
        Ping(One.Host.Namespace, address);
        wire.Await(ipv6 ? $"fd80:2::1 > {address}: " : $"10.80.2.1 > {address}: ");
    }

    [InteropFact(InteropRequirement.Nft, InteropRequirement.Tcpdump)]
    public void Beside_a_kill_switch_the_networks_are_joined_and_nothing_else_leaves()
    {
        Two.Host.Namespace.Ip("addr", "add", "198.51.100.1/32", "dev", "lo");
        One.Host.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        var before = HostPicture.Take(One.Host.Namespace);
        Up(One, Two, Option, "--kill-switch");
        Up(Two, One, Option);
        using var wire = new PacketCapture(One.Host.Namespace, "eth0", "icmp");
        PingBothWays();
        Assert.NotEqual(0, TryPing(One.Containers[0], "198.51.100.1").ExitCode);
        Assert.NotEqual(0, TryPing(One.Host.Namespace, "198.51.100.1").ExitCode);
        Assert.DoesNotContain(wire.Packets, packet => packet.Contains("198.51.100.1"));
        One.Host.Engine("down", One.Host.Interface);
        Assert.Equal(before, HostPicture.Take(One.Host.Namespace));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Without_it_nothing_is_passed_on()
    {
        Up(One, Two);
        Up(Two, One, Option);
        Assert.NotEqual(0, TryPing(Two.Containers[0], One.Address(0)).ExitCode);
        Assert.Equal("0", Sysctl("net.ipv4.conf.br0.forwarding"));
    }

    private string Sysctl(string name) => One.Host.Namespace.Run("sysctl", "-n", name).Output.Trim();

    private void PingBothWays()
    {
        foreach (var ipv6 in new[] { false, true })
        {
            Ping(One.Containers[0], Two.Address(1, ipv6));
            Ping(Two.Containers[0], One.Address(1, ipv6));
        }
    }

    private static ProcessResult TryPing(NetworkNamespace from, string address) => from.TryRun("ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "0.5", address);

    private static void Ping(NetworkNamespace from, string address) => from.Run("ping", "-n", "-q", "-c", "1", "-i", "0.2", "-w", "15", address);

    private StartReport Up(Site site, Site other, params string[] options)
    {
        var config = site.Host.ConfigFor(other.Host, withEndpoint: true)
            .Replace($"{other.Host.InnerIPv4}/32, {other.Host.InnerIPv6}/128", $"{other.Host.InnerIPv4}/32, {other.Host.InnerIPv6}/128, {other.Networks}", StringComparison.Ordinal);
        var report = site.Host.Up(_files.Write(site.Host.Interface + ".conf", config), options);
        Assert.True(report.Ready, report.Message);
        return report;
    }
}
