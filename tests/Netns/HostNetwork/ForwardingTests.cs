using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Tests.HostNetwork;

/// <summary>What a host is told so that it passes packets on, step by step, and what the journal takes of it.</summary>
public sealed class ForwardingTests : IDisposable
{
    private const string Tunnel = "fw0";
    private const string AcceptRouters = "net.ipv6.conf.eth0.accept_ra";
    private const string AllIPv6 = "net.ipv6.conf.all.forwarding";

    private readonly NetworkNamespace? _netns = RootRequirement.Missing is null ? NetworkNamespace.Create() : null;
    private readonly string _state = Directory.CreateTempSubdirectory("wgt").FullName;

    private NetworkNamespace Netns => _netns!;

    public void Dispose()
    {
        _netns?.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    /// <summary>Before 6.17 only all interfaces together pass IPv6 on, and a router heeds no other routers unless it is told to.</summary>
    [RootFact]
    public void Where_IPv6_is_passed_on_by_all_or_none_other_routers_are_still_heeded_and_all_of_it_is_put_back()
    {
        AddLinks();
        var before = HostPicture.Take(Netns);
        Assert.Equal(("1", "0"), (Get(AcceptRouters), Get(AllIPv6)));
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Assert.Equal(("2", "1", "0"), (Get(AcceptRouters), Get(AllIPv6), Get("net.ipv6.conf.eth0.force_forwarding")));
            // Nothing of IPv6 between the others, whatever their names.
            Assert.Contains("meta nfproto ipv6 drop", HostPicture.Firewall(Netns));
            forwarding.Disable();
        }, byInterface: false);
        Assert.Equal(before, HostPicture.Take(Netns));
        Assert.Empty(Directory.GetFiles(_state, "*.undo"));
    }

    [RootTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interface_that_comes_later_is_like_the_others_and_goes_on_to_heed_routers(bool byInterface)
    {
        AddLinks();
        byInterface &= File.Exists("/proc/sys/net/ipv6/conf/all/force_forwarding");
        var before = HostPicture.Take(Netns);
        var alone = new Lock();
        WithForwarding(forwarding =>
        {
            forwarding.Enable(() =>
            {
                lock (alone)
                    return forwarding.Refresh();
            });
            // What somebody has changed of another one is theirs.
            Netns.Run("sysctl", "-qw", "net.ipv4.conf.eth0.forwarding=0");
            Netns.Ip("link", "add", "late0", "type", "bridge");
            Eventually.True(() => Get("net.ipv4.conf.late0.forwarding") == "1", "it passes on what comes in");
            Assert.Equal("0", Get("net.ipv4.conf.eth0.forwarding"));
            Assert.Equal(byInterface ? ("1", "0") : ("2", "1"), (Get("net.ipv6.conf.late0.accept_ra"), Get("net.ipv6.conf.late0.forwarding")));
            Assert.Contains("meta nfproto ipv4 iif \"late0\" drop", HostPicture.Firewall(Netns));
            lock (alone)
                forwarding.Disable();
        }, byInterface);
        Assert.Equal(("0", "0"), (Get("net.ipv4.conf.late0.forwarding"), Get("net.ipv6.conf.late0.forwarding")));
        Netns.Ip("link", "del", "late0");
        Assert.Equal(before, HostPicture.Take(Netns));
    }

    [RootFact]
    public void An_interface_alone_is_asked_where_the_kernel_can_and_heeds_routers_as_before()
    {
        AddLinks();
        var can = File.Exists("/proc/sys/net/ipv6/conf/all/force_forwarding");
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Assert.Equal(can ? ("1", "0") : ("2", "1"), (Get(AcceptRouters), Get(AllIPv6)));
            Assert.Equal("1", can ? Get("net.ipv6.conf.eth0.force_forwarding") : "1");
            forwarding.Disable();
        });
    }

    [RootFact]
    public void What_is_on_already_is_not_touched_and_has_no_line_in_the_journal()
    {
        AddLinks();
        Netns.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", $"{AllIPv6}=1");
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Assert.DoesNotContain("sysctl net/ipv4/", File.ReadAllText(Directory.GetFiles(_state, "*.undo").Single()));
            Assert.DoesNotContain("drop", HostPicture.Firewall(Netns));
            forwarding.Disable();
        });
        Assert.Equal(("1", "1"), (Get("net.ipv4.conf.eth0.forwarding"), Get(AllIPv6)));
    }

    /// <summary>One tunnel saw forwarding off for all and another did not: what came in between is no answer for the second.</summary>
    [RootFact]
    public void Each_tunnel_goes_by_what_it_saw_itself()
    {
        AddLinks();
        Netns.Invoke(() =>
        {
            using var netlink = new RouteNetlink();
            var first = new HostChanges(netlink, HostJournal.Open(_state, "fw1"), EngineLog.None);
            first.Witness(Sysctl.ForwardingIPv4("all"), "0");
            first.SetSysctl(Sysctl.ForwardingIPv4("eth0"), "1", netlink.FindLink("eth0")!.Value.Index);
        });
        // Docker wants all, and somebody all but this one.
        Netns.Run("sysctl", "-qw", "net.ipv4.ip_forward=1");
        Netns.Run("sysctl", "-qw", "net.ipv4.conf.eth0.forwarding=0");
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Assert.Contains("meta nfproto ipv4 iif \"eth0\" drop", HostPicture.Firewall(Netns));
            forwarding.Disable();
        });
        Assert.Equal("0", Get("net.ipv4.conf.eth0.forwarding"));
    }

    [RootFact]
    public void What_others_want_for_all_is_not_taken_for_a_tunnels_because_one_had_wanted_it_first()
    {
        AddLinks();
        Netns.Invoke(() =>
        {
            using var netlink = new RouteNetlink();
            var first = new HostChanges(netlink, HostJournal.Open(_state, "fw1"), EngineLog.None);
            first.Witness(Sysctl.ForwardingIPv4("all"), "0");
            first.SetSysctl(Sysctl.ForwardingIPv4("eth0"), "1", netlink.FindLink("eth0")!.Value.Index);
        });
        Netns.Run("sysctl", "-qw", "net.ipv4.ip_forward=1");
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Assert.DoesNotContain("nfproto ipv4", HostPicture.Firewall(Netns));
            forwarding.Disable();
        });
        Assert.Equal("1", Get("net.ipv4.conf.eth0.forwarding"));
    }

    [RootFact]
    public void Who_wants_all_of_IPv6_passed_on_no_more_gets_the_guard_that_was_not_needed_before()
    {
        AddLinks();
        Netns.Run("sysctl", "-qw", $"{AllIPv6}=1");
        var alone = new Lock();
        WithForwarding(forwarding =>
        {
            forwarding.Enable(() =>
            {
                lock (alone)
                    return forwarding.Refresh();
            });
            Assert.DoesNotContain("nfproto ipv6", HostPicture.Firewall(Netns));
            Netns.Run("sysctl", "-qw", $"{AllIPv6}=0");
            if (File.Exists("/proc/sys/net/ipv6/conf/all/force_forwarding"))
                Eventually.True(() => HostPicture.Firewall(Netns).Contains("meta nfproto ipv6 iif \"eth0\" drop", StringComparison.Ordinal), "the rest is kept out");
            Netns.Run("sysctl", "-qw", $"{AllIPv6}=1");
            if (File.Exists("/proc/sys/net/ipv6/conf/all/force_forwarding"))
                Eventually.True(() => !HostPicture.Firewall(Netns).Contains("nfproto ipv6", StringComparison.Ordinal), "the rest passes again");
            lock (alone)
                forwarding.Disable();
        });
    }

    /// <summary>A failure is no reason to be left alone with it.</summary>
    [RootFact]
    public void What_fails_meanwhile_is_tried_again()
    {
        AddLinks();
        var alone = new Lock();
        WithForwarding(forwarding =>
        {
            forwarding.Enable(() =>
            {
                lock (alone)
                    return forwarding.Refresh();
            });
            // Whoever holds the journal's folder back.
            var (state, hidden) = (_state, _state + ".hidden");
            Directory.Move(state, hidden);
            File.WriteAllText(state, "");
            Netns.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.ip_forward=0");
            Thread.Sleep(500);
            Assert.Equal("0", Get("net.ipv4.conf.eth0.forwarding"));
            File.Delete(state);
            Directory.Move(hidden, state);
            Eventually.True(() => Get("net.ipv4.conf.eth0.forwarding") == "1", "it is on again, although nothing has changed since");
            lock (alone)
                forwarding.Disable();
        });
    }

    [RootFact]
    public void An_interface_that_is_gone_at_the_end_is_no_failure()
    {
        AddLinks();
        WithForwarding(forwarding =>
        {
            forwarding.Enable(static () => false);
            Netns.Ip("link", "del", "eth0");
            forwarding.Disable();
        });
        Assert.Empty(Directory.GetFiles(_state, "*.undo"));
    }

    [Theory]
    [InlineData("sysctl net/ipv4/conf/br-0.1/forwarding 0 1", true)]
    [InlineData("sysctl net/ipv6/conf/eth0/accept_ra 1 2", true)]
    [InlineData("sysctl net/ipv4/conf/eth0/forwarding 0 1 7", true)]
    [InlineData("sysctl net/ipv4/conf/eth0/forwarding 0 1 0", false)]
    [InlineData("sysctl net/ipv4/conf/eth0/forwarding 0 1 x", false)]
    [InlineData("rule 4 32765 51820 *", true)]
    [InlineData("rule 6 32764 254 -", true)]
    [InlineData("sysctl net/ipv4/conf/../forwarding 0 1", false)]
    [InlineData("sysctl net/ipv4/conf/eth0/../../ip_forward 0 1", false)]
    [InlineData("sysctl net/ipv4/conf/eth0/rp_filter 0 1", false)]
    [InlineData("sysctl kernel/core_pattern a b", false)]
    [InlineData("accept 4 DOCKER-USER wg0", true)]
    [InlineData("accept 6 FORWARD wg0", true)]
    [InlineData("accept 6 INPUT wg0", false)]
    [InlineData("accept 5 FORWARD wg0", false)]
    public void A_line_of_the_journal_leads_to_nothing_but_what_is_changed_here(string line, bool isOne) => Assert.Equal(isOne ? line : null, HostChange.Parse(line)?.ToString());

    private string Get(string name) => Netns.Run("sysctl", "-n", name).Output.Trim();

    private void AddLinks()
    {
        foreach (var name in new[] { Tunnel, "eth0" })
            Netns.Ip("link", "add", name, "type", "bridge");
    }

    private void WithForwarding(Action<Forwarding> action, bool? byInterface = null) => Netns.Invoke(() =>
    {
        using var netlink = new RouteNetlink();
        var changes = new HostChanges(netlink, HostJournal.Open(_state, Tunnel), EngineLog.None);
        var settings = new HostNetworkSettings(Tunnel, [], null, [], RouteTable.Off) { Choices = new HostChoices { Forward = true } };
        action(new Forwarding(netlink, changes, _state, settings, netlink.FindLink(Tunnel)!.Value, EngineLog.None, byInterface));
    });
}
