namespace WireGuard.Topologies;

/// <summary>The keys of a topology file, map by map; docs/topology.schema.json has the same, which a test holds.</summary>
internal static class TopologyGrammar
{
    internal static readonly string[] File = ["hosts", "links", "tunnel"];

    internal static readonly string[] Host =
        ["address", "networks", "endpoint", "listenPort", "publicKey", "privateKeyFile", "persistentKeepalive", "dns", "mtu"];

    internal static readonly string[] Link = ["kind", "hub", "spokes", "hosts"];

    internal static readonly string[] Tunnel = ["name", "address", "listenPort", "fwMark", "dns", "mtu", "table", "privateKeyFile", "peers"];

    internal static readonly string[] Peer = ["publicKey", "presharedKeyFile", "allowedIPs", "endpoint", "persistentKeepalive"];

    internal static readonly Dictionary<string, TopologyLinkKind> LinkKinds = new(StringComparer.Ordinal)
    {
        ["hub-and-spoke"] = TopologyLinkKind.HubAndSpoke,
        ["full-mesh"] = TopologyLinkKind.FullMesh,
        ["site-to-site"] = TopologyLinkKind.SiteToSite,
    };
}
