using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Has the host pass packets on between a tunnel and the networks behind it. The kernel asks the interface that a packet
/// came in by; so all have to agree, and a table of ours keeps to the tunnel what is new. Everything is in the journal.
/// </summary>
/// <param name="byInterface">Whether IPv6 can be passed on from one interface alone; null: as this kernel says.</param>
internal sealed class Forwarding(RouteNetlink netlink, HostChanges changes, string stateDirectory, HostNetworkSettings settings, LinkInfo link, EngineLog log, bool? byInterface = null)
{
    private const string On = "1";
    private const string All = "all";

    // A router heeds no other routers, unless it is told to.
    private const string AcceptAsRouter = "2";

    private readonly string _tunnel = settings.InterfaceName;
    private readonly string _table = ForwardFirewall.TableOf(settings.InterfaceName);
    private readonly bool _byInterface = byInterface ?? Sysctl.Exists(Sysctl.ForceForwardingIPv6(All));
    private NewlyForwarded _newly = new([], []);
    private NewlyForwarded _guarded = new([], []);
    private List<InboundLink> _links = [];
    private ForwardingMonitor? _monitor;

    /// <param name="refresh">Calls <see cref="Refresh"/> once nobody else changes anything; any thread.</param>
    /// <exception cref="HostNetworkException"/>
    public void Enable(Action refresh)
    {
        if (!settings.Choices.Forward)
            return;
        using var alone = HostLock.Take(stateDirectory);
        NetlinkStep.Run($"listing the interfaces behind {_tunnel}", () => _links = netlink.InboundLinks());
        NetlinkStep.Run($"setting the group of {_tunnel}", () => netlink.SetGroup(link.Index, ForwardFirewall.Group));
        FaultPoint.Reached();
        foreach (var key in (string[])[Sysctl.ForwardingIPv4(All), Sysctl.ForwardingIPv6(All)])
        {
            if (IsOff(key) && (_byInterface || key != Sysctl.ForwardingIPv6(All)))
                changes.Witness(key, "0");
        }

        _newly = Newly([.. _links.Where(other => other.Name != _tunnel)]);
        SetFirewall();
        foreach (var other in _links)
            Open(other.Name);
        if (!_byInterface && Sysctl.Exists(Sysctl.ForwardingIPv6(All)))
            changes.SetSysctl(Sysctl.ForwardingIPv6(All), On);
        AskOthers();
        NetlinkStep.Run("listening for changes of forwarding", () => _monitor = new ForwardingMonitor(refresh, log));
        // Whatever happened before there was anybody who listened.
        Refresh();
    }

    /// <summary>When somebody else has turned forwarding on for all interfaces meanwhile, what was new is not any more.</summary>
    public void Refresh()
    {
        if (_monitor is null)
            return;
        try
        {
            var (now, before) = (NowGuarded(), _guarded);
            if (now.IPv4.Count != before.IPv4.Count || now.IPv6?.Count != before.IPv6?.Count)
                SetFirewall();
        }
        catch (HostNetworkException failure)
        {
            log.Warning(failure.Message);
        }
    }

    /// <summary>Goes on after a failure and throws the last one.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Disable()
    {
        _monitor?.Stop();
        _monitor = null;
        if (!settings.Choices.Forward)
            return;
        using var alone = HostLock.Take(stateDirectory);
        HostNetworkException? failure = null;
        foreach (var accept in changes.Latest<AcceptChange>())
            Try(() => changes.Remove(accept));
        // Before the table: what it keeps out is passed on by nobody then.
        foreach (var change in changes.Latest<SysctlChange>().Where(change => change.Key != Sysctl.SourceValidMark))
            Try(() => changes.RestoreSysctl(change.Key, PresentKey(change.Key)));
        Try(() => changes.RemoveTable(_table));
        Try(() => NetlinkStep.RunIfStillThere($"setting the group of {_tunnel} back", () => netlink.SetGroup(link.Index, 0)));
        if (failure is not null)
            throw failure;

        void Try(Action action)
        {
            try
            {
                action();
            }
            catch (HostNetworkException refused)
            {
                failure = refused;
            }
        }
    }

    // The settings go with the interface to another name.
    private string PresentKey(string key) =>
        !Sysctl.Exists(key) && key.Split('/') is [_, _, _, var name, var setting]
        && _links.Find(other => other.Name == name) is { Index: > 0 } known && netlink.FindLink(known.Index) is { } now
            ? key[..^$"{name}/{setting}".Length] + $"{now.Name}/{setting}"
            : key;

    private NewlyForwarded Newly(IReadOnlyList<InboundLink> links) => new(
        [.. links.Where(other => Sysctl.Exists(Sysctl.ForwardingIPv4(other.Name)) && changes.IsOurs(Sysctl.ForwardingIPv4(other.Name), On))],
        _byInterface ? [.. links.Where(other => Sysctl.Exists(Sysctl.ForceForwardingIPv6(other.Name)) && IsOff(Sysctl.ForwardingIPv6(All)) && changes.IsOurs(Sysctl.ForceForwardingIPv6(other.Name), On))]
            : Sysctl.Exists(Sysctl.ForwardingIPv6(All)) && changes.IsOurs(Sysctl.ForwardingIPv6(All), On) ? null : []);

    private NewlyForwarded NowGuarded() => new(
        changes.IsOnForAll(Sysctl.ForwardingIPv4(All)) ? [] : _newly.IPv4,
        _byInterface && changes.IsOnForAll(Sysctl.ForwardingIPv6(All)) ? [] : _newly.IPv6);

    private void SetFirewall()
    {
        var guarded = NowGuarded();
        changes.Set(ForwardFirewall.Create(_tunnel, settings.Choices, guarded, _links.Where(other => other.IsBridge)));
        _guarded = guarded;
    }

    private void Open(string name)
    {
        // An interface may be gone by now, or not have that family.
        SetIfThere(Sysctl.ForwardingIPv4(name), On);
        if (_byInterface)
            SetIfThere(Sysctl.ForceForwardingIPv6(name), On);
        else if (name != _tunnel && HeedsRouters(name))
            SetIfThere(Sysctl.AcceptRouters(name), AcceptAsRouter);
    }

    private bool HeedsRouters(string name)
    {
        var key = Sysctl.AcceptRouters(name);
        return Sysctl.Exists(key) && Sysctl.Read(key) switch
        {
            On => IsOff(Sysctl.ForwardingIPv6(name)),
            AcceptAsRouter => changes.IsOurs(key, AcceptAsRouter),
            _ => false,
        };
    }

    private void SetIfThere(string key, string value)
    {
        try
        {
            if (Sysctl.Exists(key))
                changes.SetSysctl(key, value);
        }
        catch (HostNetworkException) when (!Sysctl.Exists(key))
        {
        }
    }

    /// <summary>Other firewalls have their say too, and one that drops what it does not know drops what comes out of a tunnel.</summary>
    private void AskOthers()
    {
        List<ForeignChain> chains = [];
        NetlinkStep.Run("listing the chains of nftables", () => chains = ForeignChains.All());
        foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            var iptables = chains.Find(chain => ForeignChains.IsOfFilter(chain, family, ForeignChains.Forward));
            if (chains.Exists(chain => ForeignChains.IsOfFilter(chain, family, ForeignChains.DockersForOthers)))
                changes.Add(new AcceptChange(family, ForeignChains.DockersForOthers, _tunnel));
            else if (iptables is { IsForForwarding: true, Drops: true })
                changes.Add(new AcceptChange(family, ForeignChains.Forward, _tunnel));
            chains.Remove(iptables!);
        }

        foreach (var chain in chains.Where(chain => chain is { IsForForwarding: true, Drops: true } && chain.Table != KillSwitch.TableOf(_tunnel)))
        {
            settings.Warn($"What is to pass between {_tunnel} and other networks is dropped by the nftables chain {chain}, unless a rule there lets it pass. Add these two, and to the file that the chain is made from: "
                + $"`nft insert rule {chain} iifname {_tunnel} accept` and `nft insert rule {chain} oifname {_tunnel} accept`.");
        }
    }

    private static bool IsOff(string key) => Sysctl.Exists(key) && Sysctl.Read(key) == "0";
}
