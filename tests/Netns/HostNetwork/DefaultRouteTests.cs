using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Default routes by policy routing: what is made, that it goes without a trace, and that others' rules stay.</summary>
public sealed class DefaultRouteTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("wgt-");
    private readonly List<IDisposable> _owned = [];
    private readonly List<uint> _marks = [];

    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
        _netns.Dispose();
        _state.Delete(recursive: true);
    }

    [RootFact]
    public void Both_families_get_table_rules_firewall_and_sysctl_and_lose_them_without_a_trace()
    {
        var network = Create("wg0");
        var before = HostPicture.Take(_netns);
        Apply(network, Settings("wg0", ["0.0.0.0/0", "::/0", "192.168.7.0/24"]));

        Assert.Equal([51820u], _marks);
        string[] rules = ["0: from all lookup local", "32764: from all lookup main suppress_prefixlength 0", "32765: not from all fwmark 0xca6c lookup 51820", "32766: from all lookup main"];
        Assert.Equal([.. rules, "32767: from all lookup default"], HostPicture.Rules(_netns));
        Assert.Equal(rules, HostPicture.Rules(_netns, "-6"));
        foreach (var family in new[] { "-4", "-6" })
            Assert.Equal("default", Assert.Single(_netns.IpJson(family, "route", "show", "table", "51820")).GetProperty("dst").GetString());
        Assert.Equal("wg0", _netns.IpJson("route", "show", "192.168.7.0/24")[0].GetProperty("dev").GetString());
        Assert.Equal("1", HostPicture.SourceValidMark(_netns));
        Assert.Equal(
            """
            table inet wireguard-engine-wg0 {
            	chain preraw {
            		type filter hook prerouting priority raw; policy accept;
            		iifname != "wg0" ip daddr 10.0.0.1 fib saddr type != local drop
            		iifname != "wg0" ip6 daddr fd00::1 fib saddr type != local drop
            	}

            	chain premangle {
            		type filter hook prerouting priority mangle; policy accept;
            		meta l4proto udp ct mark 0x0000ca6c meta mark set 0x0000ca6c
            	}

            	chain postmangle {
            		type filter hook postrouting priority mangle; policy accept;
            		meta l4proto udp meta mark 0x0000ca6c ct mark set 0x0000ca6c
            	}
            }

            """.ReplaceLineEndings("\n"),
            HostPicture.Firewall(_netns).Replace("meta nfproto ipv4 ", "").Replace("meta nfproto ipv6 ", ""));
        Assert.NotEmpty(_state.GetFiles("wg0@*.undo"));

        Undo(network);
        Assert.Equal([51820u, 0u], _marks);
        Assert.Equal(before, HostPicture.Take(_netns));
        Assert.Empty(_state.GetFiles("*.undo*"));
    }

    [RootFact]
    public void A_family_without_a_default_route_is_left_alone()
    {
        var rules = HostPicture.Rules(_netns);
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["::/0", "10.20.0.0/16"]));
        Assert.Equal(rules, HostPicture.Rules(_netns));
        Assert.Equal(4, HostPicture.Rules(_netns, "-6").Length);
        Assert.Equal("0", HostPicture.SourceValidMark(_netns));
        Assert.DoesNotContain("10.0.0.1", HostPicture.Firewall(_netns));
        Assert.Contains("ip6 daddr fd00::1", HostPicture.Firewall(_netns));
    }

    [RootFact]
    public void The_files_mark_is_mark_and_table_and_is_put_back()
    {
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["0.0.0.0/0"]) with { FwMark = 0x1234 });
        Assert.Contains("32765: not from all fwmark 0x1234 lookup 4660", HostPicture.Rules(_netns));
        Undo(network);
        Assert.Equal([0x1234u, 0x1234u], _marks);
    }

    [RootTheory]
    [InlineData("route", 51820u, 51821u)]
    [InlineData("rule", 51820u, 51821u)]
    [InlineData("rule6", 51820u, 51821u)]
    [InlineData("mark", 51820u, 51821u)]
    public void A_number_that_somebody_uses_is_not_taken(string use, uint taken, uint expected)
    {
        _netns.Ip(use switch
        {
            "route" => ["route", "add", "blackhole", "203.0.113.0/24", "table", $"{taken}"],
            "rule" => ["rule", "add", "from", "192.0.2.1", "lookup", $"{taken}"],
            "rule6" => ["-6", "rule", "add", "from", "2001:db8::1", "lookup", $"{taken}"],
            _ => ["rule", "add", "fwmark", $"{taken}", "lookup", "77"],
        });
        var before = HostPicture.Take(_netns);
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["0.0.0.0/0"]));
        Assert.Equal([expected], _marks);
        Assert.Contains(HostPicture.Rules(_netns), rule => rule.EndsWith($"not from all fwmark 0x{expected:x} lookup {expected}", StringComparison.Ordinal));
        Undo(network);
        network.Dispose();
        DropLinks();
        Assert.Equal(before, HostPicture.Take(_netns));
    }

    [RootTheory]
    [InlineData(254u)]
    [InlineData(77u)]
    public void A_mark_of_the_file_whose_table_is_somebody_elses_gets_a_free_table(uint mark)
    {
        _netns.Ip("route", "add", "blackhole", "203.0.113.0/24", "table", $"{mark}");
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["0.0.0.0/0"]) with { FwMark = mark });
        Assert.Contains($"32765: not from all fwmark 0x{mark:x} lookup 51820", HostPicture.Rules(_netns));
    }

    [RootFact]
    public void Rules_come_before_all_others_and_others_stay()
    {
        _netns.Ip("rule", "add", "priority", "100", "from", "192.0.2.1", "lookup", "77");
        _netns.Ip("rule", "add", "priority", "200", "lookup", "main", "suppress_prefixlength", "0");
        var network = Create("wg0");
        var before = HostPicture.Take(_netns);
        Apply(network, Settings("wg0", ["0.0.0.0/0"]));
        Assert.Equal(["0:", "98:", "99:", "100:", "200:"], HostPicture.Rules(_netns).Take(5).Select(rule => rule.Split(' ')[0]));
        Undo(network);
        Assert.Equal(before, HostPicture.Take(_netns));
    }

    [RootFact]
    public void Without_room_before_the_first_rule_nothing_is_done()
    {
        _netns.Ip("rule", "add", "priority", "2", "from", "192.0.2.1", "lookup", "77");
        var network = Create("wg0");
        var before = HostPicture.Take(_netns);
        var refused = Assert.Throws<HostNetworkException>(() => Apply(network, Settings("wg0", ["0.0.0.0/0"])));
        Assert.Contains("no room before the rule of priority 2", refused.Message);
        Assert.Equal(before, HostPicture.Take(_netns));
        Assert.Equal([51820u, 0u], _marks);
        Assert.Empty(_state.GetFiles("*.undo*"));
    }

    [RootFact]
    public void A_firewall_table_of_somebody_elses_is_named_and_stays()
    {
        _netns.Run("nft", "add table inet wireguard-engine-wg0; add chain inet wireguard-engine-wg0 theirs");
        var network = Create("wg0");
        var before = HostPicture.Take(_netns);
        var refused = Assert.Throws<HostNetworkException>(() => Apply(network, Settings("wg0", ["0.0.0.0/0"])));
        Assert.StartsWith("creating the nftables table inet wireguard-engine-wg0: File exists", refused.Message);
        Assert.Equal(before, HostPicture.Take(_netns));
    }

    [RootFact]
    public void A_route_that_is_taken_takes_policy_routing_back_too()
    {
        _netns.Ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        _netns.Ip("link", "set", "veth0", "up");
        _netns.Ip("route", "add", "192.168.7.0/24", "dev", "veth0");
        var network = Create("wg0");
        var before = HostPicture.Take(_netns);
        Assert.Throws<HostNetworkException>(() => Apply(network, Settings("wg0", ["0.0.0.0/0", "192.168.7.0/24"])));
        Assert.Equal(before, HostPicture.Take(_netns));
    }

    [RootFact]
    public void Families_come_and_go_with_the_peers()
    {
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["10.20.0.0/16"]));
        var before = HostPicture.Take(_netns);
        Assert.Empty(_marks);
        Update(network, "10.20.0.0/16", "0.0.0.0/0");
        Assert.Equal(7, HostPicture.Rules(_netns).Length + HostPicture.Rules(_netns, "-6").Length);
        Update(network, "::/0");
        Assert.Equal(3, HostPicture.Rules(_netns).Length);
        Assert.Equal(4, HostPicture.Rules(_netns, "-6").Length);
        Assert.Equal("0", HostPicture.SourceValidMark(_netns));
        Assert.DoesNotContain("ip daddr", HostPicture.Firewall(_netns));
        Update(network, "10.20.0.0/16");
        Assert.Equal(before, HostPicture.Take(_netns));
        Assert.Equal([51820u, 0u], _marks);
    }

    [RootFact]
    public void Two_tunnels_do_not_take_each_others_things_away()
    {
        var one = Create("wg0");
        var two = Create("wg1");
        var before = HostPicture.Take(_netns);
        Apply(one, Settings("wg0", ["0.0.0.0/0"]));
        Apply(two, Settings("wg1", ["0.0.0.0/0"], last: 2));
        Assert.Equal([51820u, 51821u], _marks);
        Undo(one);
        Assert.Equal("1", HostPicture.SourceValidMark(_netns));
        Assert.Contains("32763: not from all fwmark 0xca6d lookup 51821", HostPicture.Rules(_netns));
        Assert.DoesNotContain("wireguard-engine-wg0", HostPicture.Firewall(_netns));
        Undo(two);
        Assert.Equal(before, HostPicture.Take(_netns));
    }

    [RootFact]
    public void What_somebody_has_set_meanwhile_stays()
    {
        _netns.Run("sysctl", "-qw", "net.ipv4.conf.all.src_valid_mark=1");
        var network = Create("wg0");
        Apply(network, Settings("wg0", ["0.0.0.0/0"]));
        Undo(network);
        Assert.Equal("1", HostPicture.SourceValidMark(_netns));
    }

    private void DropLinks()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
        _owned.Clear();
    }

    private InterfaceConfigurator Create(string name)
    {
        _owned.Add(_netns.Invoke(() => LinuxTunDevice.Create(name, null, EngineLog.None)));
        var configurator = _netns.Invoke(() => new InterfaceConfigurator(name, _state.FullName, EngineLog.None));
        _owned.Add(configurator);
        return configurator;
    }

    private void Apply(InterfaceConfigurator network, HostNetworkSettings settings) => _netns.Invoke(() => network.Apply(settings));

    private void Update(InterfaceConfigurator network, params string[] routes) => _netns.Invoke(() => network.Update([.. routes.Select(IPNetwork.Parse)], []));

    private void Undo(InterfaceConfigurator network) => _netns.Invoke(() => network.Undo());

    private HostNetworkSettings Settings(string name, string[] routes, int last = 1) => new(
        name,
        [new InterfaceAddress(IPAddress.Parse($"10.0.0.{last}"), 24), new InterfaceAddress(IPAddress.Parse($"fd00::{last}"), 64)],
        1420,
        [.. routes.Select(IPNetwork.Parse)],
        RouteTable.Auto)
    {
        UseMark = _marks.Add,
    };
}
