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

    // What interfaces begin with that are made later.
    private static readonly InboundLink s_later = new(0, "default", IsBridge: false);

    // A router heeds no other routers, unless it is told to.
    private const string AcceptAsRouter = "2";

    private readonly string _tunnel = settings.InterfaceName;
    private readonly string _table = ForwardFirewall.TableOf(settings.InterfaceName);
    private readonly bool _byInterface = byInterface ?? Sysctl.Exists(Sysctl.ForceForwardingIPv6(All));
    private NewlyForwarded _newly = new([], []);
    private NewlyForwarded _guarded = new([], []);
    private readonly RestorePace _pace = new(TimeProvider.System);
    private readonly HashSet<ForeignChain> _told = [];
    private List<InboundLink> _links = [];
    private ForwardingMonitor? _monitor;

    // Settings of interfaces that somebody has turned off one by one.
    private HashSet<(int Link, int Family)> _shut = [];

    // What passes packets on from one interface alone.
    private Func<string, string>[] Families => _byInterface ? [Sysctl.ForwardingIPv4, Sysctl.ForceForwardingIPv6] : [Sysctl.ForwardingIPv4];

    /// <param name="refresh">Calls <see cref="Refresh"/> once nobody else changes anything, and answers as it does; any thread.</param>
    /// <exception cref="HostNetworkException"/>
    public void Enable(Func<bool> refresh)
    {
        if (!settings.Choices.Forward)
            return;
        using var alone = HostLock.Take(stateDirectory);
        NetlinkStep.Run($"setting the group of {_tunnel}", () => netlink.SetGroup(link.Index, ForwardFirewall.Group));
        FaultPoint.Reached();
        Open(static (_, _) => true, Links());
        AskOthers(settings.Warn);
        NetlinkStep.Run("listening for changes of forwarding", () => _monitor = new ForwardingMonitor(
            () => (Again: refresh(), Pause: _pace.Next()),
            log));
        // Whatever happened before there was anybody who listened.
        Guard();
    }

    /// <summary>
    /// When somebody else has turned forwarding on for all interfaces meanwhile, what was new is not any more; when somebody has turned
    /// it off for all or for the tunnel, it is on again where the tunnel needs it and nobody has turned it off one by one; and interfaces
    /// that have come meanwhile are like the others.
    /// </summary>
    /// <returns>It has failed, and is to be called once more.</returns>
    public bool Refresh()
    {
        if (_monitor is null)
            return false;
        try
        {
            var now = Links();
            // Before the tunnel's own is looked at: whoever turns it off for all may be at it.
            var off = Shut(now);
            if (IsTurnedOff())
            {
                using var alone = HostLock.Take(stateDirectory);
                TurnOnAgain(now);
            }
            else
            {
                if (now.Exists(IsNew))
                {
                    using var alone = HostLock.Take(stateDirectory);
                    Open((other, _) => IsNew(other), now);
                    off = Shut(now);
                }

                _shut = off;
            }

            Guard();
            return false;
        }
        catch (HostNetworkException failure)
        {
            _pace.Restored();
            log.Warning(failure.Message + _pace.Contention);
            return true;
        }
    }

    /// <summary>Asks other firewalls again, when they have changed.</summary>
    /// <returns>What there is to say of it, a sentence each.</returns>
    /// <exception cref="HostNetworkException"/>
    public IReadOnlyList<string> RenewAccepts() => settings.Choices.Forward ? AskOthers(log.Warning) : [];

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
            Try(() => changes.Restore(change));
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

    private void TurnOnAgain(List<InboundLink> now)
    {
        var families = Families;
        var off = Shut(now);
        var isOff = families.Select(keyOf => IsOff(keyOf(_tunnel))).ToArray();
        // While another one is on, the tunnel's alone was turned off.
        var isForAll = families.Select((keyOf, family) => now.TrueForAll(other =>
            other.Index == link.Index || IsNew(other) || off.Contains((other.Index, family)) || !Sysctl.Exists(keyOf(other.Name)))).ToArray();
        var added = now.Where(IsNew).Select(other => other.Index).ToHashSet();
        Open(IsWanted, now);
        _pace.Restored();
        var isAlone = isOff.Where((turnedOff, family) => turnedOff && !isForAll[family]).Any();
        log.Warning($"somebody else has turned forwarding off for {(isAlone ? _tunnel : "all interfaces")}; it is on again where {_tunnel} needs it{_pace.Contention}");

        bool IsWanted(InboundLink other, int family) => added.Contains(other.Index)
            || (isOff[family] && (other.Index == link.Index || (isForAll[family] && !_shut.Contains((other.Index, family)))));
    }

    /// <summary>Those of others that are off.</summary>
    private HashSet<(int Link, int Family)> Shut(List<InboundLink> links)
    {
        var shut = new HashSet<(int, int)>();
        foreach (var other in links.Where(other => other.Index != link.Index))
        {
            foreach (var (family, keyOf) in Families.Index())
            {
                if (IsOff(keyOf(other.Name)))
                    shut.Add((other.Index, family));
            }
        }

        return shut;
    }

    /// <param name="isChosen">Of an interface and a family; what somebody has changed of the others stays so.</param>
    private void Open(Func<InboundLink, int, bool> isChosen, List<InboundLink> all)
    {
        var chosen = all.SelectMany(other => Families.Select((_, family) => (other, family))).Where(one => isChosen(one.other, one.family)).ToList();
        _links = all;
        if (IsOff(Sysctl.ForwardingIPv4(All)))
            changes.Witness(Sysctl.ForwardingIPv4(All), "0");
        // Before they are routers, which they are from then on.
        if (!_byInterface && HeedsRouters(s_later))
            SetIfThere(Sysctl.AcceptRouters(s_later.Name), AcceptAsRouter, s_later.Index);
        _newly = Newly([.. _links.Where(other => other.Index != link.Index)]);
        SetFirewall();
        foreach (var (other, family) in chosen)
            Open(other, family);
        if (!_byInterface && Sysctl.Exists(Sysctl.ForwardingIPv6(All)))
            changes.SetSysctl(Sysctl.ForwardingIPv6(All), On);
    }

    private bool IsTurnedOff() => Families.Any(keyOf => IsOff(keyOf(_tunnel))) || (!_byInterface && IsOff(Sysctl.ForwardingIPv6(All)));

    private List<InboundLink> Links()
    {
        List<InboundLink> now = [];
        NetlinkStep.Run($"listing the interfaces behind {_tunnel}", () => now = netlink.InboundLinks());
        return now;
    }

    private bool IsNew(InboundLink other) => !_links.Exists(known => known.Index == other.Index);

    private void Guard()
    {
        var (now, before) = (NowGuarded(), _guarded);
        if (now.IPv4.Count != before.IPv4.Count || now.IPv6?.Count != before.IPv6?.Count)
            SetFirewall();
    }

    private NewlyForwarded Newly(IReadOnlyList<InboundLink> links) => new(
        [.. links.Where(other => Sysctl.Exists(Sysctl.ForwardingIPv4(other.Name)) && changes.IsOurs(Sysctl.ForwardingIPv4(other.Name), On, other.Index))],
        _byInterface ? [.. links.Where(other => Sysctl.Exists(Sysctl.ForceForwardingIPv6(other.Name)) && changes.IsOurs(Sysctl.ForceForwardingIPv6(other.Name), On, other.Index))]
            : Sysctl.Exists(Sysctl.ForwardingIPv6(All)) && changes.IsOurs(Sysctl.ForwardingIPv6(All), On) ? null : []);

    private NewlyForwarded NowGuarded() => new(
        changes.IsOnForAll(Sysctl.ForwardingIPv4(All)) ? [] : _newly.IPv4,
        // That of all is asked first, and what is said of each stays when it goes.
        _byInterface && !IsOff(Sysctl.ForwardingIPv6(All)) ? [] : _newly.IPv6);

    private void SetFirewall()
    {
        var guarded = NowGuarded();
        changes.Set(ForwardFirewall.Create(_tunnel, settings.Choices, guarded, _links.Where(other => other.IsBridge)));
        _guarded = guarded;
    }

    private void Open(InboundLink other, int family)
    {
        // An interface may be gone by now, or not have that family.
        SetIfThere(Families[family](other.Name), On, other.Index);
        if (!_byInterface && other.Index != link.Index && HeedsRouters(other))
            SetIfThere(Sysctl.AcceptRouters(other.Name), AcceptAsRouter, other.Index);
    }

    private bool HeedsRouters(InboundLink other)
    {
        var key = Sysctl.AcceptRouters(other.Name);
        return Sysctl.Exists(key) && Sysctl.Read(key) switch
        {
            On => IsOff(Sysctl.ForwardingIPv6(other.Name)),
            AcceptAsRouter => changes.IsOurs(key, AcceptAsRouter, other.Index),
            _ => false,
        };
    }

    private void SetIfThere(string key, string value, int index)
    {
        try
        {
            if (Sysctl.Exists(key))
                changes.SetSysctl(key, value, index);
        }
        catch (HostNetworkException) when (!Sysctl.Exists(key))
        {
        }
    }

    /// <summary>Other firewalls have their say too, and one that drops what it does not know drops what comes out of a tunnel.</summary>
    /// <param name="warn">Hears, once, of each that only somebody else can change.</param>
    /// <returns>What there is to say of it.</returns>
    private List<string> AskOthers(Action<string> warn)
    {
        List<ForeignChain> chains = [];
        List<string> asked = [];
        NetlinkStep.Run("listing the chains of nftables", () => chains = ForeignChains.All());
        foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            var iptables = chains.Find(chain => ForeignChains.IsOfFilter(chain, family, ForeignChains.Forward));
            var forOthers = chains.Find(chain => ForeignChains.IsOfFilter(chain, family, ForeignChains.DockersForOthers));
            if (forOthers is not null && IsInUse(forOthers))
                Ask(new AcceptChange(family, ForeignChains.DockersForOthers, _tunnel), asked);
            else if (iptables is { IsForForwarding: true, Drops: true })
                Ask(new AcceptChange(family, ForeignChains.Forward, _tunnel), asked);
            chains.Remove(iptables!);
        }

        foreach (var chain in chains.Where(chain => chain is { IsForForwarding: true, Drops: true } && chain.Table != KillSwitch.TableOf(_tunnel)))
        {
            if (_told.Add(chain with { Uses = 0 }))
                warn(WhatDrops(chain));
        }

        return asked;
    }

    private void Ask(AcceptChange change, List<string> asked)
    {
        var isThere = false;
        NetlinkStep.Run($"looking for our rules in {ForeignChains.NameOf(change.Family, change.Chain)}", () => isThere = changes.Has(change) && ForeignChains.HasAccepts(change));
        if (isThere)
            return;
        changes.Add(change);
        asked.Add($"packets of {_tunnel} did not pass the nftables chain {ForeignChains.NameOf(change.Family, change.Chain)} any more; they do now");
    }

    private static bool IsInUse(ForeignChain chain)
    {
        var isInUse = false;
        NetlinkStep.Run($"looking at the rules of {chain}", () => isInUse = ForeignChains.IsInUse(chain));
        return isInUse;
    }

    // A hole in a kill switch is no advice to give.
    private string WhatDrops(ForeignChain chain) => KillSwitch.TunnelOf(chain.Table) is { } closed
        ? $"The kill switch of {closed} lets nothing pass but into {closed}: what is to pass between {_tunnel} and other networks is dropped until it is opened."
        : $"What is to pass between {_tunnel} and other networks is dropped by the nftables chain {chain}, unless a rule there lets it pass. Add these two, and to the file that the chain is made from: "
            + $"`nft insert rule {chain} iifname {_tunnel} accept` and `nft insert rule {chain} oifname {_tunnel} accept`.";

    private static bool IsOff(string key) => Sysctl.Exists(key) && Sysctl.Read(key) == "0";
}
