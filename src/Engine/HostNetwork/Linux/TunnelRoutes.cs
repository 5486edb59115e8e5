using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The routes that were added into one interface, and how to get from them to others.</summary>
internal sealed class TunnelRoutes(RouteNetlink netlink, LinkInfo link, RouteTable table)
{
    private readonly Dictionary<IPNetwork, RouteInfo> _added = [];

    public int Count => _added.Count;

    private uint TableNumber => table.Kind == RouteTableKind.Numbered ? table.Number : RouteNetlink.MainTable;

    /// <summary>
    /// Refuses what cannot be routed: in the main table a default route would take the tunnel's own datagrams too, so it
    /// needs policy routing, which is not set up here.
    /// </summary>
    /// <exception cref="HostNetworkException"/>
    public void Check(IReadOnlyList<IPNetwork> wanted)
    {
        if (table.Kind != RouteTableKind.Auto)
            return;
        foreach (var prefix in wanted)
        {
            if (prefix.PrefixLength == 0)
                throw new HostNetworkException($"adding route {prefix} to {link.Name}", "a default route through the tunnel needs policy routing, which is not supported yet; set Table to a number or to off and route it yourself");
        }
    }

    /// <summary>Adds what is new, longest prefix first, then removes what is wanted no more. A failure takes the additions back.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Update(IReadOnlyList<IPNetwork> wanted)
    {
        Check(wanted);
        var kept = new HashSet<IPNetwork>();
        if (table.Kind != RouteTableKind.Off)
            kept.UnionWith(wanted);
        var added = new List<RouteInfo>();
        try
        {
            AddMissing(kept, added);
        }
        catch (HostNetworkException)
        {
            foreach (var route in Enumerable.Reverse(added))
                Remove(route);
            throw;
        }
        foreach (var route in ShortestFirst())
        {
            if (!kept.Contains(route.Destination))
                Remove(route);
        }
    }

    /// <summary>Shortest prefix first; goes on after a failure and throws the last one.</summary>
    /// <exception cref="HostNetworkException"/>
    public void RemoveAll()
    {
        HostNetworkException? failure = null;
        foreach (var route in ShortestFirst())
        {
            try
            {
                Remove(route);
            }
            catch (HostNetworkException exception)
            {
                failure = exception;
            }
        }
        _added.Clear();
        if (failure is not null)
            throw failure;
    }

    private void AddMissing(HashSet<IPNetwork> target, List<RouteInfo> added)
    {
        var missing = new List<RouteInfo>();
        foreach (var prefix in target)
        {
            if (!_added.ContainsKey(prefix))
                missing.Add(new RouteInfo(prefix, link.Index, TableNumber));
        }

        if (missing.Count == 0)
            return;
        var foreign = ForeignRoutes();
        foreach (var route in missing.OrderByDescending(PrefixLength))
        {
            if (foreign.Exists(other => Covers(other, route.Destination)))
                continue;
            NetlinkStep.Run($"adding route {route.Destination} to {link.Name}", () => netlink.AddRoute(route));
            added.Add(route);
            _added.Add(route.Destination, route);
        }
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
