using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>
/// Who sends to whom through whom. Hosts that are linked send to each other directly, all others through hubs by the shortest way.
/// Where two ways are as short, a peer could not tell by which one packets come back: that is an error.
/// </summary>
internal sealed class TopologyPlan
{
    private readonly Dictionary<TopologyHost, List<TopologyHost>> _neighbours = [];
    private readonly HashSet<TopologyHost> _hubs = [];

    internal TopologyPlan(Topology topology, DiagnosticBag diagnostics)
    {
        Hosts = topology.Hosts;
        foreach (var host in Hosts)
            _neighbours.Add(host, []);
        foreach (var link in topology.Links)
        {
            if (link.Hub is { } hub)
                _hubs.Add(hub);
            foreach (var (one, other) in link.Pairs.Where(pair => !_neighbours[pair.One].Contains(pair.Other)))
            {
                _neighbours[one].Add(other);
                _neighbours[other].Add(one);
            }
        }

        var told = new HashSet<(TopologyHost, TopologyHost)>();
        foreach (var host in Hosts)
            Ways.Add(host, FindWays(host, told, diagnostics));
    }

    internal IReadOnlyList<TopologyHost> Hosts { get; }

    /// <summary>For each host its peers, and what goes to each of them: its own prefixes first.</summary>
    internal Dictionary<TopologyHost, IReadOnlyList<(TopologyHost Peer, IReadOnlyList<IPNetwork> Prefixes)>> Ways { get; } = [];

    /// <summary>Whether it passes packets on, for which its kernel has to be told (-Forward).</summary>
    internal bool Forwards(TopologyHost host) => host.Networks.Count > 0 || (_hubs.Contains(host) && _neighbours[host].Count > 1);

    private List<(TopologyHost, IReadOnlyList<IPNetwork>)> FindWays(TopologyHost from, HashSet<(TopologyHost, TopologyHost)> told, DiagnosticBag diagnostics)
    {
        // Each reached host with how far it is and the peer that the way begins with.
        var reached = new Dictionary<TopologyHost, (int Distance, TopologyHost Peer)> { [from] = (0, from) };
        var next = new Queue<TopologyHost>([from]);
        while (next.TryDequeue(out var through))
        {
            if (through != from && !_hubs.Contains(through))
                continue;
            var (distance, peer) = reached[through];
            foreach (var to in _neighbours[through])
            {
                var by = through == from ? to : peer;
                if (reached.TryAdd(to, (distance + 1, by)))
                    next.Enqueue(to);
                else if (reached[to] is var other && other.Distance == distance + 1 && other.Peer != by && told.Add((other.Peer, by)) && told.Add((by, other.Peer)))
                    diagnostics.Error("TwoWays", from.Name.Place, $"{from} reaches {to} as well through {other.Peer} as through {by}: link them directly, or leave one of the links out.");
            }
        }

        var destinations = Hosts.Where(host => host != from && reached.ContainsKey(host)).ToLookup(host => reached[host].Peer);
        return [.. _neighbours[from].Select(peer => (peer, (IReadOnlyList<IPNetwork>)[.. destinations[peer].OrderBy(host => host != peer).SelectMany(host => host.Prefixes).Select(prefix => prefix.Value).Distinct()]))];
    }
}
