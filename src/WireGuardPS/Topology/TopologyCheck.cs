using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>What is wrong with hosts and links that are each well written: what does not fit together, named at both places.</summary>
internal static class TopologyCheck
{
    internal static void Run(Topology topology, DiagnosticBag diagnostics)
    {
        CheckKeys(topology, diagnostics);
        CheckPrefixes(topology, diagnostics);
        CheckLinks(topology, diagnostics);
    }

    private static void CheckKeys(Topology topology, DiagnosticBag diagnostics)
    {
        var owners = new Dictionary<PublicKey, TopologyHost>();
        foreach (var host in topology.Hosts)
        {
            if (host.PublicKey is { } key && !owners.TryAdd(key.Value, host))
                diagnostics.Error("DuplicatePublicKey", key.Place, $"{host} has the same publicKey as {owners[key.Value]}; each host has a key of its own.");
        }
    }

    // In the order of their addresses, larger ones first: what holds a prefix stands before it, and what holds that before both.
    private static void CheckPrefixes(Topology topology, DiagnosticBag diagnostics)
    {
        var all = topology.Hosts.SelectMany(host => host.Prefixes.Select(prefix => (Host: host, prefix.Value, prefix.Place)))
            .OrderBy(entry => entry.Value.BaseAddress, Comparer<IPAddress>.Create(Compare))
            .ThenBy(entry => entry.Value.PrefixLength);
        var around = new Stack<(TopologyHost Host, IPNetwork Value, ConfigPosition Place)>();
        foreach (var entry in all)
        {
            while (around.TryPeek(out var last) && !last.Value.Contains(entry.Value.BaseAddress))
                around.Pop();
            if (around.TryPeek(out var outer))
                Judge(outer, entry, diagnostics);
            around.Push(entry);
        }
    }

    private static void Judge(
        (TopologyHost Host, IPNetwork Value, ConfigPosition Place) outer, (TopologyHost Host, IPNetwork Value, ConfigPosition Place) inner, DiagnosticBag diagnostics)
    {
        var isSame = outer.Value.PrefixLength == inner.Value.PrefixLength;
        // Of equal ones the order is the sort's; the later one in the file is at fault.
        if (isSame && (outer.Place.Line, outer.Place.Column).CompareTo((inner.Place.Line, inner.Place.Column)) > 0)
            (outer, inner) = (inner, outer);
        if (outer.Host == inner.Host)
        {
            if (isSame)
                diagnostics.Warning("DuplicateAllowedIP", inner.Place, $"{inner.Host} has {inner.Value} twice{At(outer.Place)}.");
        }
        else if (isSame)
        {
            diagnostics.Error("SharedAllowedIP", inner.Place, $"{inner.Host} and {outer.Host} both have {inner.Value}{At(outer.Place)}; only one host can get its packets.");
        }
        else if (outer.Value.PrefixLength > 0)
        {
            diagnostics.Warning("OverlappingAllowedIPs", inner.Place, $"{inner.Value} of {inner.Host} lies inside {outer.Value}{At(outer.Place)} of {outer.Host}; {inner.Host} gets its packets.");
        }
    }

    private static void CheckLinks(Topology topology, DiagnosticBag diagnostics)
    {
        var linked = new Dictionary<(TopologyHost, TopologyHost), TopologyLink>();
        foreach (var link in topology.Links)
        {
            if (link.Kind == TopologyLinkKind.SiteToSite)
            {
                foreach (var host in link.Hosts.Where(host => host.Networks.Count == 0))
                    diagnostics.Error("NoNetworks", link.Place, $"{host} is linked site to site and has no networks behind it; full-mesh links hosts alone.");
            }

            foreach (var (one, other) in link.Pairs)
            {
                if (!linked.TryAdd((one, other), link) || (linked.TryGetValue((other, one), out var earlier) && earlier != link))
                    diagnostics.Warning("LinkedTwice", link.Place, $"{one} and {other} are linked already{At((linked.GetValueOrDefault((other, one)) ?? linked[(one, other)]).Place)}.");
                else if (one.Endpoint is null && other.Endpoint is null)
                    diagnostics.Error("MissingEndpoint", link.Place, $"{one} and {other} are linked, but neither has an endpoint: one of the two must know where the other is. A hub with an endpoint could join them.");
            }
        }

        var all = linked.Keys.SelectMany(pair => new[] { pair.Item1, pair.Item2 }).ToHashSet();
        foreach (var host in topology.Hosts.Where(host => !all.Contains(host)))
            diagnostics.Warning("NotLinked", host.Name.Place, $"{host} is linked with nobody.");
    }

    private static string At(ConfigPosition place) => place.Line > 0 ? $" (line {place.Line})" : "";

    private static int Compare(IPAddress? left, IPAddress? right)
    {
        var (one, other) = (left!.GetAddressBytes(), right!.GetAddressBytes());
        return one.Length != other.Length ? one.Length.CompareTo(other.Length) : one.AsSpan().SequenceCompareTo(other);
    }
}
