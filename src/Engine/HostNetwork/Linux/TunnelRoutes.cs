using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The routes that were added into one interface, and how to get from them to others.</summary>
internal sealed class TunnelRoutes(RouteNetlink netlink, DefaultRouting defaults, ExcludedRoutes excluded, LinkInfo link, RouteTable table)
{
    private readonly Dictionary<IPNetwork, RouteInfo> _added = [];

    // Read when routes are added, and good until all are looked at again.
    private List<RouteInfo>? _foreign;

    public int Count => _added.Count;

    /// <summary>Those that were added here.</summary>
    public IReadOnlyCollection<IPNetwork> Prefixes => _added.Keys;

    /// <summary>What the tunnel's own datagrams carry; 0: nothing.</summary>
    public uint Mark => defaults.Mark;

    /// <summary>Adds what is new, longest prefix first, then removes what is wanted no more. A failure leaves all as it was.</summary>
    /// <param name="refreshes">What the kernel took away by itself comes back.</param>
    /// <exception cref="HostNetworkException"/>
    public void Update(IReadOnlyList<IPNetwork> wanted, bool refreshes = false)
    {
        _foreign = null;
        var kept = new HashSet<IPNetwork>();
        if (table.Kind != RouteTableKind.Off)
            kept.UnionWith(excluded.Without(wanted));
        var before = DefaultFamilies(_added.Keys);
        if (refreshes)
            Refresh();
        var after = DefaultFamilies(kept);
        using var alone = before.Count + after.Count > 0 ? defaults.Lock() : null;
        var (added, removed) = (new List<RouteInfo>(), new List<RouteInfo>());
        try
        {
            defaults.Prepare(after);
            AddMissing(kept, added);
            foreach (var family in after)
                defaults.Enable(family);
            foreach (var family in before.Except(after))
                defaults.Disable(family);
            foreach (var route in ShortestFirst().Where(route => !kept.Contains(route.Destination)))
            {
                Remove(route);
                removed.Add(route);
            }

            defaults.Keep(after);
        }
        catch (HostNetworkException)
        {
            TakeBack(added, removed, before, after);
            throw;
        }
    }

    /// <summary>As <see cref="Update"/> with what it was called with last, but for these.</summary>
    /// <returns>False: it cannot be done so, and all is as it was.</returns>
    public bool TryUpdate(IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went)
    {
        if (table.Kind == RouteTableKind.Off)
            return true;
        // What is left of a prefix may be left of another too; rules of a default route depend on all that there is.
        if (excluded.Any || came.Concat(went).Any(prefix => prefix.PrefixLength == 0))
            return false;
        var (added, removed) = (new List<RouteInfo>(), new List<RouteInfo>());
        try
        {
            AddMissing(came, added);
            foreach (var prefix in went.OrderBy(prefix => prefix.PrefixLength))
            {
                if (!_added.TryGetValue(prefix, out var route))
                    continue;
                Remove(route);
                removed.Add(route);
            }

            return true;
        }
        catch (HostNetworkException)
        {
            HostNetworkException? secondary = null;
            foreach (var route in Enumerable.Reverse(removed))
                Try(() => Add(route), ref secondary);
            foreach (var route in Enumerable.Reverse(added))
                Try(() => Remove(route), ref secondary);
            return false;
        }
    }

    /// <summary>What <see cref="Update"/> would add and remove once the interface has these addresses.</summary>
    /// <param name="leaving">Addresses that it has now and will not have then.</param>
    /// <exception cref="HostNetworkException"/>
    public (List<IPNetwork> Added, List<IPNetwork> Removed) Foresee(IReadOnlyList<IPNetwork> wanted, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyList<InterfaceAddress> leaving)
    {
        var kept = new HashSet<IPNetwork>();
        if (table.Kind != RouteTableKind.Off)
            kept.UnionWith(excluded.Without(wanted));
        List<RouteInfo> foreign = [];
        if (kept.Any(prefix => !_added.ContainsKey(prefix)))
        {
            var subnets = addresses.Select(AddressSubnet.Of).OfType<IPNetwork>().ToHashSet();
            var gone = leaving.Select(AddressSubnet.Of).OfType<IPNetwork>().Except(subnets).ToHashSet();
            foreign = ForeignRoutes();
            foreign.RemoveAll(route => gone.Contains(route.Destination));
            if (table.Kind == RouteTableKind.Auto)
                foreign.AddRange(subnets.Select(subnet => new RouteInfo(subnet, link.Index, RouteNetlink.MainTable)));
        }

        return (
            [.. kept.Where(prefix => !_added.ContainsKey(prefix) && !(TableFor(prefix) == RouteNetlink.MainTable && foreign.Exists(other => Covers(other, prefix))))],
            [.. _added.Keys.Where(prefix => !kept.Contains(prefix))]);
    }

    /// <summary>Forgets the routes that the kernel took away by itself, as it does with an interface's last IPv4 address.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Refresh()
    {
        _foreign = null;
        var there = new HashSet<RouteInfo>();
        NetlinkStep.Run($"listing the routes of {link.Name}", () => there.UnionWith(netlink.RoutesOf(link.Index)));
        foreach (var lost in _added.Values.Where(route => !there.Contains(route)).ToList())
            _added.Remove(lost.Destination);
    }

    /// <summary>Rules, firewall and mark follow the settings. A failure leaves all as it was.</summary>
    /// <exception cref="HostNetworkException"/>
    /// <returns>Takes it back.</returns>
    public Action Follow(HostNetworkSettings wanted) => defaults.Change(wanted);

    /// <inheritdoc cref="DefaultRouting.ChangeMark"/>
    public void ChangeMark(uint mark, Action<uint> use, Action then) => defaults.ChangeMark(mark, use, then);

    /// <summary>Shortest prefix first; goes on after a failure and throws the last one.</summary>
    /// <exception cref="HostNetworkException"/>
    public void RemoveAll()
    {
        var families = DefaultFamilies(_added.Keys);
        HostNetworkException? failure = null;
        using var alone = families.Count > 0 ? defaults.Lock() : null;
        foreach (var family in families)
            Try(() => defaults.Disable(family), ref failure);
        foreach (var route in ShortestFirst())
            Try(() => Remove(route), ref failure);
        Try(() => defaults.Keep([]), ref failure);
        _added.Clear();
        if (failure is not null)
            throw failure;
    }

    private void TakeBack(List<RouteInfo> added, List<RouteInfo> removed, List<AddressFamily> before, List<AddressFamily> after)
    {
        HostNetworkException? secondary = null;
        Try(() => defaults.Prepare(before), ref secondary);
        foreach (var route in Enumerable.Reverse(removed))
            Try(() => Add(route), ref secondary);
        foreach (var family in before)
            Try(() => defaults.Enable(family), ref secondary);
        foreach (var family in after.Except(before))
            Try(() => defaults.Disable(family), ref secondary);
        foreach (var route in Enumerable.Reverse(added))
            Try(() => Remove(route), ref secondary);
        Try(() => defaults.Keep(before), ref secondary);
    }

    private static void Try(Action action, ref HostNetworkException? failure)
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

    /// <summary>The families whose default route needs policy routing: a table that the file names is somebody else's to lead into.</summary>
    private List<AddressFamily> DefaultFamilies(IReadOnlyCollection<IPNetwork> prefixes)
    {
        List<AddressFamily> families = [];
        if (table.Kind != RouteTableKind.Auto || prefixes.Count == 0)
            return families;
        foreach (var prefix in prefixes)
        {
            if (prefix.PrefixLength == 0 && !families.Contains(prefix.BaseAddress.AddressFamily))
                families.Add(prefix.BaseAddress.AddressFamily);
        }

        if (families.Count > 1)
            families.Sort();
        return families;
    }

    private uint TableFor(IPNetwork prefix) => table.Kind switch
    {
        RouteTableKind.Numbered => table.Number,
        _ => prefix.PrefixLength == 0 ? defaults.Table : RouteNetlink.MainTable,
    };

    private void AddMissing(IEnumerable<IPNetwork> target, List<RouteInfo> added)
    {
        var missing = new List<RouteInfo>();
        foreach (var prefix in target)
        {
            if (!_added.ContainsKey(prefix))
                missing.Add(new RouteInfo(prefix, link.Index, TableFor(prefix)));
        }

        if (missing.Count == 0)
            return;
        var foreign = _foreign ??= ForeignRoutes();
        foreach (var route in missing.OrderByDescending(PrefixLength))
        {
            if (route.Table == RouteNetlink.MainTable && foreign.Exists(other => Covers(other, route.Destination)))
                continue;
            Add(route);
            added.Add(route);
            FaultPoint.Reached();
        }
    }

    private void Add(RouteInfo route)
    {
        NetlinkStep.Run($"adding route {route.Destination} to {link.Name}", () => netlink.AddRoute(route));
        _added.Add(route.Destination, route);
    }

    /// <summary>
    /// Routes into the interface that the kernel (an address's own subnet) or somebody else made: what they cover needs no
    /// route. wg-quick asks so for the main table alone.
    /// </summary>
    private List<RouteInfo> ForeignRoutes()
    {
        if (table.Kind != RouteTableKind.Auto)
            return [];
        var routes = new List<RouteInfo>();
        NetlinkStep.Run($"listing the routes of {link.Name}", () => routes = netlink.RoutesOf(link.Index));
        routes.RemoveAll(route => route.Table != RouteNetlink.MainTable || (_added.TryGetValue(route.Destination, out var own) && own == route));
        return routes;
    }

    private List<RouteInfo> ShortestFirst() => [.. _added.Values.OrderBy(PrefixLength)];

    private static int PrefixLength(RouteInfo route) => route.Destination.PrefixLength;

    private static bool Covers(RouteInfo route, IPNetwork prefix) =>
        route.Destination.PrefixLength <= prefix.PrefixLength
        && route.Destination.BaseAddress.AddressFamily == prefix.BaseAddress.AddressFamily
        && route.Destination.Contains(prefix.BaseAddress);

    private void Remove(RouteInfo route)
    {
        NetlinkStep.RunIfStillThere($"removing route {route.Destination} from {link.Name}", () => netlink.DeleteRoute(route));
        _added.Remove(route.Destination);
    }
}
