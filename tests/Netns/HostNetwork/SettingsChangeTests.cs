using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Other settings for an interface that runs: what is foreseen is what is done, and all of it can be undone.</summary>
public sealed class SettingsChangeTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly LinuxTunDevice _tun;
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("wgt-");
    private readonly InterfaceConfigurator _network;
    private readonly List<uint> _marks = [];

    public SettingsChangeTests()
    {
        _tun = _netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));
        _network = _netns.Invoke(() => new InterfaceConfigurator("wg0", _state.FullName, EngineLog.None));
    }

    public void Dispose()
    {
        _network.Dispose();
        _tun.Dispose();
        _netns.Dispose();
        _state.Delete(recursive: true);
    }

    [RootTheory]
    // Routes, their coming and going.
    [InlineData("10.0.0.1/24 | 10.2.0.0/16 10.3.0.0/16", "10.0.0.1/24 | 10.3.0.0/16 10.4.0.0/16", "10.0.0.0/24 10.3.0.0/16 10.4.0.0/16", "+10.4.0.0/16 -10.2.0.0/16")]
    // The old address's own subnet has led to the peer.
    [InlineData("10.0.0.1/24 | 10.0.0.2/32", "10.9.0.1/24 | 10.0.0.2/32", "10.0.0.2 10.9.0.0/24", "+10.0.0.2/32")]
    // The new one's does.
    [InlineData("10.9.0.1/24 | 10.4.0.0/16", "10.9.0.1/24 10.0.0.1/24 | 10.0.0.2/32 10.4.0.0/16", "10.0.0.0/24 10.4.0.0/16 10.9.0.0/24", "")]
    // With the first of a subnet the kernel takes the others.
    [InlineData("10.0.0.1/24 10.0.0.7/24 10.0.0.8/24 | 10.2.0.0/16", "10.0.0.7/24 10.0.0.8/24 | 10.2.0.0/16", "10.0.0.0/24 10.2.0.0/16", "")]
    // And with the last one the routes.
    [InlineData("10.0.0.1/24 fd00::1/64 | 10.2.0.0/16", "fd00::1/64 | 10.2.0.0/16", "10.2.0.0/16 fd00::/64", "")]
    [InlineData("10.0.0.1/32 fd00::1/128 | fd00::2/128", "10.0.0.2/32 fd00::3/64 | fd00::2/128 fd77::/48", "fd00::/64 fd00::2 fd77::/48", "+fd77::/48")]
    [InlineData("| 10.2.0.0/16", "10.0.0.1/24 | ", "10.0.0.0/24", "-10.2.0.0/16")]
    // Too small for IPv6, and back.
    [InlineData("10.0.0.1/24 fd00::1/64 | fd77::/48", "10.0.0.1/24 | ", "10.0.0.0/24", "-fd77::/48", 1200)]
    public void What_is_foreseen_is_done(string before, string after, string routes, string differences, int mtu = 1420)
    {
        var picture = Picture();
        Apply(Settings(before));
        var wanted = Settings(after) with { Mtu = mtu };
        var started = Picture();
        var foreseen = Change(wanted, dryRun: true);
        Assert.Equal(started, Picture());
        var done = Change(wanted);
        Assert.Equal(differences, Text(foreseen));
        Assert.Equal(differences, Text(done));
        Assert.Equal((1420, mtu, 1420, mtu), (foreseen.MtuBefore, foreseen.Mtu, done.MtuBefore, done.Mtu));
        Assert.Equal(routes.Split(' '), Routes());
        Assert.Equal(wanted.Addresses.Select(a => $"{a}").Order(), Addresses().Order());
        Assert.Equal("", Text(Change(wanted)));

        Change(Settings(before));
        Assert.Equal(Settings(before).Addresses.Select(a => $"{a}").Order(), Addresses().Order());
        Undo();
        Assert.Equal(picture, Picture());
    }

    [RootTheory]
    [InlineData("10.2.0.0/16")]
    [InlineData("0.0.0.0/0")]
    public void A_failure_leaves_everything_as_it_was(string route)
    {
        _netns.Ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        _netns.Ip("link", "set", "veth0", "up");
        _netns.Ip("route", "add", "192.168.7.0/24", "dev", "veth0");
        Apply(Settings($"10.0.0.1/24 fd00::1/64 | {route}"));
        var before = Picture();
        var journal = Journal();
        var refused = Assert.Throws<HostNetworkException>(() => Change(Settings("10.9.0.1/24 | ::/0 10.3.0.0/16 192.168.7.0/24") with { Mtu = 1300, FwMark = 0x77 }));
        Assert.Equal("adding route 192.168.7.0/24 to wg0: File exists", refused.Message);
        Assert.Equal(before, Picture());
        Assert.Equal(journal, Journal());
        Assert.Equal(route == "0.0.0.0/0" ? 51820u : 0, _marks[^1]);
        Assert.Equal("", Text(Change(Settings($"10.0.0.1/24 fd00::1/64 | {route}"))));
    }

    [RootFact]
    public void Rules_and_firewall_follow_mark_and_addresses_and_go_without_a_trace()
    {
        var before = Picture();
        Apply(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0 ::/0"));
        Change(Settings("10.0.0.9/24 fd00::9/64 | 0.0.0.0/0 ::/0") with { FwMark = 0x1234 });
        Assert.Equal([51820u, 0x1234u], _marks);
        foreach (var family in new[] { "-4", "-6" })
            Assert.Equal(["32764: from all lookup main suppress_prefixlength 0", "32765: not from all fwmark 0x1234 lookup 51820"], HostPicture.Rules(_netns, family)[1..3]);
        Assert.Contains("10.0.0.9", HostPicture.Firewall(_netns));
        Assert.DoesNotContain("10.0.0.1 ", HostPicture.Firewall(_netns));
        Assert.Contains("ct mark 0x00001234", HostPicture.Firewall(_netns));
        Assert.DoesNotContain("0xca6c", HostPicture.Firewall(_netns));

        // A default route cannot be without one.
        _netns.Invoke(() => _network.ChangeMark(0, _marks.Add, () => { }));
        Assert.Contains("32765: not from all fwmark 0x1234 lookup 51820", HostPicture.Rules(_netns));
        _netns.Invoke(() => _network.ChangeMark(0x77, _marks.Add, () => { }));
        Assert.Equal(7, HostPicture.Rules(_netns).Length + HostPicture.Rules(_netns, "-6").Length - 2);
        Assert.Contains("32765: not from all fwmark 0x77 lookup 51820", HostPicture.Rules(_netns));

        Change(Settings("10.0.0.9/24 | 10.2.0.0/16"));
        Assert.Equal(0u, _marks[^1]);
        Undo();
        Assert.Equal(before, Picture());
        Assert.Empty(Journal());
    }

    [RootFact]
    public void A_mark_whose_use_fails_is_as_it_was()
    {
        Apply(Settings("10.0.0.1/24 | 0.0.0.0/0"));
        var (before, journal) = (Picture(), Journal());
        Assert.Throws<TimeoutException>(() => _netns.Invoke(() => _network.ChangeMark(0x77, _marks.Add, () => throw new TimeoutException())));
        Assert.Equal(51820u, _marks[^1]);
        Assert.Equal(before, Picture());
        Assert.Equal(journal.Split('\n').Order(), Journal().Split('\n').Order());
    }

    [RootFact]
    public void A_default_route_whose_mark_cannot_go_stays_whole()
    {
        var untouched = Picture();
        Apply(Settings("10.0.0.1/24 | 0.0.0.0/0 ::/0"));
        var before = Picture();
        var wanted = Settings("10.0.0.1/24 | 10.2.0.0/16");
        Assert.Throws<HostNetworkException>(() => Change(wanted with { UseMark = mark => throw new HostNetworkException("marking", $"not with {mark}") }));
        Assert.Equal(before, Picture());
        Change(wanted);
        Assert.Equal(["10.0.0.0/24", "10.2.0.0/16"], Routes());
        Assert.DoesNotContain(HostPicture.Rules(_netns), rule => rule.Contains("fwmark", StringComparison.Ordinal));
        Undo();
        Assert.Equal(untouched, Picture());
        Assert.Empty(Journal());
    }

    [RootFact]
    public void A_journal_that_cannot_be_written_lets_things_go_and_none_come()
    {
        var untouched = Picture();
        Apply(Settings("10.0.0.1/24 | 0.0.0.0/0 ::/0"));
        var before = Picture();
        var obstacle = Directory.CreateDirectory(_state.GetFiles("*.undo").Single().FullName + ".new");
        Change(Settings("10.0.0.1/24 | 10.2.0.0/16"));
        Assert.Equal(["10.0.0.0/24", "10.2.0.0/16"], Routes());
        var small = Picture();
        Assert.Contains("writing", Assert.Throws<HostNetworkException>(() => Change(Settings("10.0.0.1/24 | 0.0.0.0/0 ::/0"))).Message);
        Assert.Equal(small, Picture());

        obstacle.Delete();
        Change(Settings("10.0.0.1/24 | 0.0.0.0/0 ::/0"));
        Assert.Equal(before, Picture());
        Undo();
        Assert.Equal(untouched, Picture());
        Assert.Empty(Journal());
    }

    [RootFact]
    public void What_could_not_be_written_down_is_not_remembered()
    {
        Apply(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0"));
        var (before, journal) = (Picture(), Journal());
        var obstacle = Directory.CreateDirectory(_state.GetFiles("*.undo").Single().FullName + ".new");
        Assert.Throws<HostNetworkException>(() => Change(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0 ::/0")));
        obstacle.Delete();
        Assert.Equal(before, Picture());
        Change(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0 ::/0"));
        Change(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0"));
        Assert.Equal(journal.Split('\n').Order(), Journal().Split('\n').Order());
    }

    [RootFact]
    public void An_address_that_cannot_come_back_does_not_keep_the_routes_from_it()
    {
        Apply(Settings("10.0.0.1/24 fd00::1/64 | 0.0.0.0/0"));
        _netns.Run("sysctl", "-qw", "net.ipv6.conf.wg0.disable_ipv6=1");
        // With the last IPv4 address the kernel takes the default route.
        var refused = Assert.Throws<HostNetworkException>(() => Change(Settings("fd00::1/64 | 0.0.0.0/0")));
        Assert.Contains("fd00::1/64", refused.NotTakenBack);
        Assert.Equal(["10.0.0.1/24"], Addresses());
        Assert.Contains("dev wg0", _netns.Run("ip", "route", "get", "8.8.8.8").Output);
    }

    [RootFact]
    public void While_an_address_changes_no_packet_goes_another_way()
    {
        _netns.Ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        _netns.Ip("link", "set", "veth1", "up");
        _netns.Ip("link", "set", "veth0", "up");
        _netns.Ip("addr", "add", "192.168.7.2/24", "dev", "veth0");
        _netns.Ip("route", "add", "default", "via", "192.168.7.1");
        Apply(Settings("10.0.0.1/24 | 0.0.0.0/0"));
        _netns.Run("sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=0");
        using var done = new CancellationTokenSource();
        var looks = 0;
        var ways = Task.Run(() => _netns.Invoke(() =>
        {
            // By the route and not by the source that a packet would get: with no address on the interface for an instant, that is another's.
            using var netlink = new RouteNetlink();
            var interfaces = new HashSet<int>();
            for (; !done.IsCancellationRequested; looks++)
                interfaces.Add(WayTo(netlink, "8.8.8.8"));
            return interfaces;
        }));
        for (var host = 2; host < 8; host++)
        {
            Change(Settings($"10.0.0.{host}/24 | 0.0.0.0/0"));
            Eventually.True(() => Volatile.Read(ref looks) > host * 20, "somebody looks");
        }

        done.Cancel();
        var veth0 = _netns.IpJson("link", "show", "veth0")[0].GetProperty("ifindex").GetInt32();
        Assert.DoesNotContain(veth0, ways.GetAwaiter().GetResult());
    }

    [RootFact]
    public void An_MTU_too_small_for_IPv6_is_refused_while_IPv6_leads_into_it()
    {
        Apply(Settings("10.0.0.1/24 fd00::1/64 | ::/0"));
        var before = Picture();
        foreach (var dryRun in new[] { true, false })
            Assert.Contains("needs 1280", Assert.Throws<HostNetworkException>(() => Change(Settings("10.0.0.1/24 fd00::1/64 | ::/0") with { Mtu = 1200 }, dryRun)).Message);
        Assert.Equal(before, Picture());
    }

    [RootFact]
    public void What_several_changes_have_left_is_taken_back_after_a_kill()
    {
        var before = Picture();
        Apply(Settings("10.0.0.1/24 | 10.2.0.0/16"));
        Change(Settings("10.0.0.9/24 fd00::9/64 | 0.0.0.0/0 ::/0") with { FwMark = 0x1234 });
        Change(Settings("10.0.0.9/24 | 0.0.0.0/0"));
        // The process is gone, and with it the interface.
        _network.Dispose();
        _netns.Ip("link", "del", "wg0");
        using (var next = _netns.Invoke(() => new InterfaceConfigurator("wg0", _state.FullName, EngineLog.None)))
            Assert.NotEqual(0, _netns.Invoke(() => next.TakeBackLeftovers()));
        using (_netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None)))
            Assert.Equal(before, Picture());
        Assert.Empty(Journal());
    }

    [RootFact]
    public void Another_table_is_refused_with_what_to_do()
    {
        Apply(Settings("10.0.0.1/24 | 10.2.0.0/16"));
        foreach (var dryRun in new[] { true, false })
            Assert.Contains("stop it and start it again", Assert.Throws<HostNetworkException>(() => Change(Settings("10.0.0.1/24 | 10.2.0.0/16") with { Table = RouteTable.Off }, dryRun)).Message);
    }

    /// <summary>The interface that packets to there leave by; 0: none.</summary>
    private static int WayTo(RouteNetlink netlink, string destination)
    {
        try
        {
            return netlink.FindPath(IPAddress.Parse(destination), 0)?.InterfaceIndex ?? 0;
        }
        catch (LinuxException unreachable) when (unreachable.ErrorCode is Errno.ENETUNREACH or Errno.EHOSTUNREACH)
        {
            return 0;
        }
    }

    private void Apply(HostNetworkSettings settings) => _netns.Invoke(() => _network.Apply(settings));

    private HostNetworkChange Change(HostNetworkSettings wanted, bool dryRun = false) => _netns.Invoke(() => _network.Change(wanted, dryRun));

    private void Undo() => _netns.Invoke(() => _network.Undo());

    /// <summary>"ADDRESSES | ROUTES".</summary>
    private HostNetworkSettings Settings(string text)
    {
        var parts = text.Split('|').Select(part => part.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return new HostNetworkSettings(
            "wg0",
            [.. parts[0].Select(a => a.Split('/')).Select(a => new InterfaceAddress(IPAddress.Parse(a[0]), int.Parse(a[1])))],
            1420,
            [.. parts[1].Select(IPNetwork.Parse)],
            RouteTable.Auto) { UseMark = _marks.Add };
    }

    private static string Text(HostNetworkChange change) =>
        string.Join(' ', [.. change.AddedRoutes.Select(r => $"+{r}"), .. change.RemovedRoutes.Select(r => $"-{r}")]);

    private string Picture() => HostPicture.Take(_netns) + _netns.Run("ip", "-brief", "link", "show", "wg0").Output + _netns.IpJson("link", "show", "wg0")[0].GetProperty("mtu").GetInt32();

    private string Journal() => string.Join('\n', _state.GetFiles("*.undo").Select(file => File.ReadAllText(file.FullName)));

    private string[] Addresses() =>
    [
        .. _netns.IpJson("addr", "show", "wg0")[0].GetProperty("addr_info").EnumerateArray()
            .Where(address => address.GetProperty("scope").GetString() != "link")
            .Select(address => $"{address.GetProperty("local").GetString()}/{address.GetProperty("prefixlen").GetInt32()}"),
    ];

    private string[] Routes() =>
    [
        .. new[] { "-4", "-6" }
            .SelectMany(family => _netns.IpJson(family, "route", "show", "dev", "wg0"))
            .Select(route => route.GetProperty("dst").GetString()!)
            .Where(route => !route.StartsWith("fe80:", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
