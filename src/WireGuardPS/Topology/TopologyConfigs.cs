using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>The keys of a host as far as they are known here.</summary>
/// <param name="PrivateKey">Owned by who made it.</param>
internal sealed record HostKeys(PublicKey PublicKey, SecretKey? PrivateKey);

/// <summary>Makes each host's configuration.</summary>
internal static class TopologyConfigs
{
    /// <summary>
    /// Seconds between keepalives of a host that has no endpoint, unless it says another number. Nobody can speak to it before it has
    /// spoken, and NATs forget who was silent for half a minute.
    /// </summary>
    internal const ushort DefaultKeepalive = 25;

    /// <param name="keys">Of the host and of each of its peers.</param>
    /// <returns>With a copy of the private key, if there is one: the caller disposes of it.</returns>
    internal static TunnelConfig Make(TopologyHost host, TopologyPlan plan, IReadOnlyDictionary<TopologyHost, HostKeys> keys) => new()
    {
        Interface = new InterfaceSection
        {
            PrivateKey = keys[host].PrivateKey?.Clone(),
            ListenPort = host.ListenPort,
            Addresses = [.. host.Addresses.Select(address => address.Value)],
            DnsServers = host.DnsServers,
            DnsSearchDomains = host.DnsSearchDomains,
            Mtu = host.Mtu,
        },
        Peers =
        [
            .. plan.Ways[host].Select(way => new PeerSection
            {
                Name = way.Peer.Name.Value,
                PublicKey = keys[way.Peer].PublicKey,
                AllowedIPs = way.Prefixes,
                Endpoint = way.Peer.Endpoint,
                PersistentKeepalive = way.Peer.Endpoint is null ? null : host.PersistentKeepalive ?? (host.Endpoint is null ? DefaultKeepalive : null),
            }),
        ],
    };
}
