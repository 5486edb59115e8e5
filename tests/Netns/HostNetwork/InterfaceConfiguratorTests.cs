using System.Net;
using System.Text.Json;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.HostNetwork;

public sealed class InterfaceConfiguratorTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly LinuxTunDevice _tun;
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("wgt-");
    private readonly InterfaceConfigurator _configurator;

    public InterfaceConfiguratorTests()
    {
        _tun = _netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));
        _configurator = _netns.Invoke(() => new InterfaceConfigurator("wg0", _state.FullName, EngineLog.None));
    }

    public void Dispose()
    {
        _configurator.Dispose();
        _tun.Dispose();
        _netns.Dispose();
        _state.Delete(recursive: true);
    }

    [RootFact]
    public void Apply_sets_addresses_mtu_link_and_routes()
    {
        _configurator.Apply(Settings(["10.0.0.1/24", "fd00::1/64"], ["192.168.7.0/24", "10.20.0.0/16", "fd77::/48"], mtu: 1380));
        Assert.Equal(["10.0.0.1/24", "fd00::1/64"], Addresses());
        Assert.Equal(1380, Link().GetProperty("mtu").GetInt32());
        Assert.True(IsUp());
        Assert.Equal(["10.0.0.0/24", "10.20.0.0/16", "192.168.7.0/24", "fd00::/64", "fd77::/48"], Routes());
    }

    [RootFact]
    public void An_IPv6_address_is_usable_at_once()
    {
        _configurator.Apply(Settings(["fd00::1/64"], []));
        var address = _netns.IpJson("-6", "addr", "show", "wg0")[0].GetProperty("addr_info")[0];
        Assert.True(address.TryGetProperty("nodad", out _));
        Assert.False(address.TryGetProperty("tentative", out _));
    }

    /// <summary>Minutes, if the work were quadratic.</summary>
    [RootFact]
    public void A_hundred_thousand_routes_come_change_and_go()
    {
        const int Count = 130_560;
        IPNetwork[] prefixes = [.. Enumerable.Range(0, Count).Select(i => new IPNetwork(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 32))];
        _configurator.Apply(Settings(["192.0.2.1/24"], [.. prefixes.Select(p => p.ToString())]));
        _configurator.Update([.. prefixes.Skip(Count / 2), IPNetwork.Parse("172.16.0.0/16")], []);
        Assert.Equal(Count / 2 + 1, CountRoutes());
        _configurator.Undo();
        Assert.Equal(0, CountRoutes());

        int CountRoutes() => _netns.Run("ip", "-4", "route", "show", "dev", "wg0", "proto", "boot").Output.Count(c => c == '\n');
    }

    [RootFact]
    public void A_route_is_of_scope_link_and_carries_traffic_to_the_device()
    {
        _configurator.Apply(Settings(["10.0.0.1/32"], ["10.20.0.0/16"]));
        var route = _netns.IpJson("route", "show", "10.20.0.0/16")[0];
        Assert.Equal("link", route.GetProperty("scope").GetString());
        Assert.Equal("wg0", route.GetProperty("dev").GetString());
        Assert.Equal("wg0", _netns.IpJson("route", "get", "10.20.3.4")[0].GetProperty("dev").GetString());
    }

    [RootFact]
    public void What_an_addresss_own_subnet_covers_gets_no_route()
    {
        _configurator.Apply(Settings(["10.0.0.1/24"], ["10.0.0.2/32", "10.0.0.0/24", "10.0.0.0/8"]));
        Assert.Equal(["10.0.0.0/24", "10.0.0.0/8"], Routes());
        Assert.Equal("kernel", _netns.IpJson("route", "show", "10.0.0.0/24")[0].GetProperty("protocol").GetString());
    }

    [RootFact]
    public void Nested_prefixes_of_peers_each_get_their_route()
    {
        _configurator.Apply(Settings(["172.16.0.1/32"], ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"]));
        Assert.Equal(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"], Routes());
    }

    [RootFact]
    public void Routes_are_added_longest_prefix_first()
    {
        // The first one to be refused is the first one that was tried.
        TakeRoute("10.0.0.0/8");
        _netns.Ip("route", "add", "10.1.2.0/24", "dev", "veth0");
        var refused = Assert.Throws<HostNetworkException>(() => _configurator.Apply(Settings([], ["10.0.0.0/8", "10.1.2.0/24", "10.1.0.0/16"])));
        Assert.Equal("adding route 10.1.2.0/24 to wg0", refused.Step);
    }

    [RootFact]
    public void Undo_leaves_the_interface_as_it_was()
    {
        var before = Picture();
        _configurator.Apply(Settings(["10.0.0.1/24", "10.0.0.7/24", "fd00::1/64"], ["192.168.7.0/24", "fd77::/48"], mtu: 1300));
        Assert.NotEqual(before, Picture());
        _configurator.Undo();
        Assert.Equal(before, Picture());
        _configurator.Undo();
        Assert.Equal(before, Picture());
    }

    [RootFact]
    public void After_undo_it_can_be_applied_again()
    {
        var settings = Settings(["10.0.0.1/24"], ["192.168.7.0/24"]);
        _configurator.Apply(settings);
        Assert.Throws<InvalidOperationException>(() => _configurator.Apply(settings));
        _configurator.Undo();
        _configurator.Apply(settings);
        Assert.Equal(["10.0.0.0/24", "192.168.7.0/24"], Routes());
    }

    [RootFact]
    public void Undo_does_not_mind_what_is_gone_already()
    {
        _configurator.Apply(Settings(["10.0.0.1/24", "fd00::1/64"], ["192.168.7.0/24", "fd77::/48"]));
        _netns.Ip("route", "del", "192.168.7.0/24");
        _netns.Ip("addr", "del", "fd00::1/64", "dev", "wg0");
        _configurator.Undo();
        Assert.Empty(Addresses());
        Assert.False(IsUp());
    }

    [RootFact]
    public void Undo_does_not_mind_that_the_interface_is_gone()
    {
        _configurator.Apply(Settings(["10.0.0.1/24", "fd00::1/64"], ["192.168.7.0/24", "fd77::/48"], mtu: 1300));
        _netns.Ip("link", "del", "wg0");
        _configurator.Undo();
        Assert.NotEqual(0, _netns.TryRun("ip", "link", "show", "wg0").ExitCode);
    }

    [RootFact]
    public void A_route_that_is_taken_rolls_everything_back_and_is_named()
    {
        TakeRoute("192.168.7.0/24");
        var before = Picture();
        var refused = Assert.Throws<HostNetworkException>(() =>
            _configurator.Apply(Settings(["10.0.0.1/24", "fd00::1/64"], ["192.168.8.0/24", "192.168.7.0/24"], mtu: 1300)));
        Assert.Equal("adding route 192.168.7.0/24 to wg0: File exists", refused.Message);
        Assert.Equal(before, Picture());
        Assert.Equal("veth0", _netns.IpJson("route", "show", "192.168.7.0/24")[0].GetProperty("dev").GetString());
    }

    [RootFact]
    public void An_address_that_is_there_rolls_everything_back_but_that_address()
    {
        _netns.Ip("addr", "add", "10.0.0.2/24", "dev", "wg0");
        var before = Picture();
        var refused = Assert.Throws<HostNetworkException>(() => _configurator.Apply(Settings(["10.0.0.1/24", "10.0.0.2/24"], [])));
        Assert.StartsWith("adding address 10.0.0.2/24 to wg0: File exists", refused.Message);
        Assert.Equal(before, Picture());
    }

    [RootTheory]
    [InlineData(100_000)]
    [InlineData(10)]
    public void A_refused_mtu_is_named(int mtu)
    {
        var before = Picture();
        var refused = Assert.Throws<HostNetworkException>(() => _configurator.Apply(Settings(["10.0.0.1/24"], [], mtu)));
        Assert.StartsWith($"setting the MTU of wg0 to {mtu}: ", refused.Message);
        Assert.Equal(before, Picture());
    }

    [RootFact]
    public void The_kernels_own_explanation_is_in_the_message()
    {
        var refused = Assert.Throws<HostNetworkException>(() => _configurator.Apply(Settings(["10.0.0.1/33"], [])));
        Assert.Matches(@"^adding address 10\.0\.0\.1/33 to wg0: Invalid argument \(.*[Pp]refix length.*\)$", refused.Message);
    }

    [RootFact]
    public void An_interface_that_is_not_there_is_named()
    {
        var refused = Assert.Throws<HostNetworkException>(() =>
            _configurator.Apply(new HostNetworkSettings("wg1", [], 1420, [], RouteTable.Auto)));
        Assert.Equal("looking up interface wg1: No such device", refused.Message);
    }

    [RootFact]
    public void A_numbered_table_takes_all_routes_and_loses_them_at_undo()
    {
        var table = new RouteTable(RouteTableKind.Numbered, 51820);
        _configurator.Apply(Settings(["10.0.0.1/24"], ["0.0.0.0/0", "10.0.0.0/24", "::/0"]) with { Table = table });
        Assert.Equal(["10.0.0.0/24", "default", "default"], Routes("table", "51820"));
        Assert.Equal(["10.0.0.0/24"], Routes());
        _configurator.Undo();
        Assert.Empty(Routes("table", "51820"));
    }

    [RootFact]
    public void With_the_table_off_there_are_no_routes_but_the_kernels()
    {
        _configurator.Apply(Settings(["10.0.0.1/24"], ["192.168.7.0/24", "0.0.0.0/0"]) with { Table = RouteTable.Off });
        Assert.Equal(["10.0.0.0/24"], Routes());
        _configurator.Update([IPNetwork.Parse("192.168.8.0/24")], []);
        Assert.Equal(["10.0.0.0/24"], Routes());
    }

    [RootFact]
    public void Updated_routes_are_those_that_are_wanted()
    {
        _configurator.Apply(Settings(["10.0.0.1/24"], ["192.168.7.0/24", "192.168.8.0/24"]));
        _configurator.Update([IPNetwork.Parse("192.168.8.0/24"), IPNetwork.Parse("192.168.8.128/25"), IPNetwork.Parse("fd77::/48"), IPNetwork.Parse("10.0.0.3/32")], []);
        Assert.Equal(["10.0.0.0/24", "192.168.8.0/24", "192.168.8.128/25", "fd77::/48"], Routes());
        _configurator.Update([], []);
        Assert.Equal(["10.0.0.0/24"], Routes());
        _configurator.Undo();
        Assert.Empty(Routes());
    }

    [RootFact]
    public void An_update_that_fails_leaves_the_old_routes()
    {
        TakeRoute("192.168.9.0/24");
        _configurator.Apply(Settings(["10.0.0.1/24"], ["192.168.7.0/24"]));
        var before = Picture();
        var refused = Assert.Throws<HostNetworkException>(() =>
            _configurator.Update([IPNetwork.Parse("192.168.8.128/25"), IPNetwork.Parse("192.168.9.0/24")], []));
        Assert.Equal("adding route 192.168.9.0/24 to wg0: File exists", refused.Message);
        Assert.Equal(before, Picture());
    }

    [RootTheory]
    [InlineData("1400", "", "10.1.0.2", 1320)]
    [InlineData("9000", "", "10.1.0.2", 8920)]
    [InlineData("65535", "", "10.1.0.2", 8920)]
    [InlineData("1500", "1440", "10.1.0.2", 1360)]
    [InlineData("1340", "", "10.1.0.2", 1280)]
    [InlineData("1400", "", "fd01::2", 1320)]
    [InlineData("1400", "", "10.1.0.2 10.2.0.2", 1220, "10.0.0.1/24")]
    [InlineData("1400", "", "198.51.100.1", 1320)]
    [InlineData("1400", "", "", 1320)]
    [InlineData("", "", "10.1.0.2", 1420)]
    public void The_mtu_is_found_from_the_ways_to_the_endpoints(string link, string route, string endpoints, int expected, params string[] addresses)
    {
        if (link.Length > 0)
            AddUnderlay(link, route);
        _configurator.Apply(Settings(addresses is [] ? ["10.0.0.1/24", "fd00::1/64"] : addresses, [], null) with { Endpoints = Endpoints(endpoints) });
        Assert.Equal(expected, Link().GetProperty("mtu").GetInt32());
        _configurator.Undo();
        Assert.Equal(1420, Link().GetProperty("mtu").GetInt32());
    }

    [RootFact]
    public void The_mtu_follows_the_endpoints_unless_the_file_or_somebody_gave_one()
    {
        AddUnderlay("1400", "");
        _netns.Invoke(() => _configurator.Apply(Settings(["10.0.0.1/24"], ["0.0.0.0/0"], null) with { Endpoints = Endpoints("10.1.0.2") }));
        Assert.Equal(1320, Link().GetProperty("mtu").GetInt32());
        Update("10.2.0.2");
        Assert.Equal(1220, Link().GetProperty("mtu").GetInt32());
        // The way there is the physical one, whatever the tunnel's default route says.
        Update("198.51.100.1");
        Assert.Equal(1320, Link().GetProperty("mtu").GetInt32());
        _netns.Ip("link", "set", "wg0", "mtu", "1333");
        Update("10.2.0.2");
        Assert.Equal(1333, Link().GetProperty("mtu").GetInt32());
        _netns.Invoke(() => _configurator.Undo());

        _configurator.Apply(Settings(["10.0.0.1/24"], [], 1380) with { Endpoints = Endpoints("10.1.0.2") });
        Update("10.2.0.2");
        Assert.Equal(1380, Link().GetProperty("mtu").GetInt32());

        void Update(string endpoint) => _netns.Invoke(() => _configurator.Update(endpoint == "198.51.100.1" ? [IPNetwork.Parse("0.0.0.0/0")] : [], Endpoints(endpoint)));
    }

    [RootFact]
    public void Routes_cannot_be_updated_before_anything_is_applied() =>
        Assert.Throws<InvalidOperationException>(() => _configurator.Update([], []));

    private static IPAddress[] Endpoints(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];

    /// <summary>A link with the default route, and one of MTU 1300 to 10.2.0.0/24.</summary>
    private void AddUnderlay(string mtu, string routeMtu)
    {
        foreach (var (link, size, addresses) in new[] { ("veth0", mtu, new[] { "10.1.0.1/24", "fd01::1/64" }), ("veth2", "1300", ["10.2.0.1/24"]) })
        {
            _netns.Ip("link", "add", link, "mtu", size, "type", "veth", "peer", "name", link + "p");
            _netns.Ip("link", "set", link, "up");
            _netns.Ip("link", "set", link + "p", "up");
            foreach (var address in addresses)
                _netns.Ip(address.Contains(':') ? ["addr", "add", address, "dev", link, "nodad"] : ["addr", "add", address, "dev", link]);
        }

        _netns.Ip("route", "add", "default", "via", "10.1.0.9");
        if (routeMtu.Length > 0)
            _netns.Ip("route", "add", "10.1.0.2/32", "dev", "veth0", "mtu", routeMtu);
    }

    private static HostNetworkSettings Settings(string[] addresses, string[] routes, int? mtu = 1420) => new(
        "wg0",
        [.. addresses.Select(text => text.Split('/')).Select(parts => new InterfaceAddress(IPAddress.Parse(parts[0]), int.Parse(parts[1])))],
        mtu,
        [.. routes.Select(IPNetwork.Parse)],
        RouteTable.Auto);

    /// <summary>Somebody else's route, with the metric that ours would have.</summary>
    private void TakeRoute(string prefix)
    {
        _netns.Ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        _netns.Ip("link", "set", "veth0", "up");
        _netns.Ip("link", "set", "veth1", "up");
        _netns.Ip("route", "add", prefix, "dev", "veth0");
    }

    private JsonElement Link() => _netns.IpJson("link", "show", "wg0")[0];

    private bool IsUp() => Link().GetProperty("flags").EnumerateArray().Any(flag => flag.GetString() == "UP");

    private string[] Addresses() =>
    [
        .. _netns.IpJson("addr", "show", "wg0")[0].GetProperty("addr_info").EnumerateArray()
            .Select(address => $"{address.GetProperty("local").GetString()}/{address.GetProperty("prefixlen").GetInt32()}"),
    ];

    /// <summary>Destinations of the unicast routes into wg0, both families, sorted.</summary>
    private string[] Routes(params string[] selector) =>
    [
        .. new[] { "-4", "-6" }
            .SelectMany(family => _netns.IpJson([family, "route", "show", "dev", "wg0", .. selector]))
            .Select(route => route.GetProperty("dst").GetString()!)
            .Order(StringComparer.Ordinal),
    ];

    private string Picture() =>
        $"mtu {Link().GetProperty("mtu").GetInt32()}, up {IsUp()}, addresses {string.Join(' ', Addresses())}, routes {string.Join(' ', Routes())}";
}
