using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>Hosts and how they are linked.</summary>
internal sealed record Topology(IReadOnlyList<TopologyHost> Hosts, IReadOnlyList<TopologyLink> Links);

/// <summary>A value and where it was written; nowhere when it came as an argument.</summary>
internal readonly record struct Placed<T>(T Value, ConfigPosition Place);

/// <summary>A host as described, its keys yet to be found perhaps.</summary>
internal sealed class TopologyHost
{
    /// <summary>Also its tunnel's and its file's: one of <see cref="TunnelName"/>.</summary>
    internal required Placed<string> Name { get; init; }

    /// <summary>In the tunnel, with the prefix length that its interface is to have.</summary>
    internal IReadOnlyList<Placed<InterfaceAddress>> Addresses { get; init; } = [];

    /// <summary>What lies behind it.</summary>
    internal IReadOnlyList<Placed<IPNetwork>> Networks { get; init; } = [];

    internal HostEndpoint? Endpoint { get; init; }

    internal ushort? ListenPort { get; init; }

    internal Placed<PublicKey>? PublicKey { get; init; }

    /// <summary>On the host itself.</summary>
    internal Placed<string>? PrivateKeyFile { get; init; }

    internal ushort? PersistentKeepalive { get; init; }

    internal IReadOnlyList<IPAddress> DnsServers { get; init; } = [];

    internal IReadOnlyList<string> DnsSearchDomains { get; init; } = [];

    internal int? Mtu { get; init; }

    /// <summary>What its peers are to send to it on its own account.</summary>
    internal IEnumerable<Placed<IPNetwork>> Prefixes => Addresses
        .Select(a => new Placed<IPNetwork>(new IPNetwork(a.Value.Address, IPText.MaxPrefixLength(a.Value.Address)), a.Place))
        .Concat(Networks);

    /// <summary>The same with an address.</summary>
    internal TopologyHost With(InterfaceAddress address) => new()
    {
        Name = Name,
        Addresses = [new(address, Name.Place)],
        Networks = Networks,
        Endpoint = Endpoint,
        ListenPort = ListenPort,
        PublicKey = PublicKey,
        PrivateKeyFile = PrivateKeyFile,
        PersistentKeepalive = PersistentKeepalive,
        DnsServers = DnsServers,
        DnsSearchDomains = DnsSearchDomains,
        Mtu = Mtu,
    };

    /// <summary>"'berlin' (line 4)".</summary>
    public override string ToString() => Name.Place.Line > 0 ? $"'{Name.Value}' (line {Name.Place.Line})" : $"'{Name.Value}'";
}

internal enum TopologyLinkKind
{
    /// <summary>All with one.</summary>
    HubAndSpoke,

    /// <summary>All with all.</summary>
    FullMesh,

    /// <summary>All with all, each with networks behind it.</summary>
    SiteToSite,
}

/// <param name="Hub">Of <see cref="TopologyLinkKind.HubAndSpoke"/>; not among the hosts.</param>
internal sealed record TopologyLink(TopologyLinkKind Kind, TopologyHost? Hub, IReadOnlyList<TopologyHost> Hosts, ConfigPosition Place)
{
    /// <summary>Who is linked with whom.</summary>
    internal IEnumerable<(TopologyHost One, TopologyHost Other)> Pairs => Hub is null
        ? Hosts.SelectMany((one, index) => Hosts.Skip(index + 1).Select(other => (one, other)))
        : Hosts.Select(spoke => (Hub, spoke));
}
