using System.Net;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>
/// A wg-quick(8) configuration file, read and checked. Owns the keys in it: <see cref="Dispose"/> zeroes them.
/// </summary>
public sealed class TunnelConfig : IDisposable
{
    public required InterfaceSection Interface { get; init; }

    public IReadOnlyList<PeerSection> Peers { get; init; } = [];

    /// <summary>Where it came from, or null.</summary>
    public string? Path { get; init; }

    public void Dispose()
    {
        Interface.PrivateKey?.Dispose();
        foreach (var peer in Peers)
            peer.PresharedKey?.Dispose();
    }
}

/// <summary>[Interface].</summary>
public sealed class InterfaceSection
{
    public SecretKey? PrivateKey { get; init; }

    public ushort? ListenPort { get; init; }

    /// <summary>0: "off".</summary>
    public uint? FwMark { get; init; }

    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    public IReadOnlyList<IPAddress> DnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearchDomains { get; init; } = [];

    /// <summary>Bytes; null: found out at start.</summary>
    public int? Mtu { get; init; }

    public RouteTable Table { get; init; } = RouteTable.Auto;

    public IReadOnlyList<string> PreUp { get; init; } = [];

    public IReadOnlyList<string> PostUp { get; init; } = [];

    public IReadOnlyList<string> PreDown { get; init; } = [];

    public IReadOnlyList<string> PostDown { get; init; } = [];

    public bool SaveConfig { get; init; }

    /// <summary>Where the values were written.</summary>
    public ConfigPositions Positions { get; init; } = ConfigPositions.None;

    /// <summary>Line of its header, from 1; 0 when it was not read from a text.</summary>
    public int Line { get; init; }
}

/// <summary>[Peer].</summary>
public sealed class PeerSection
{
    /// <summary>From a "# Name = ..." comment above or inside the section.</summary>
    public string? Name { get; init; }

    public required PublicKey PublicKey { get; init; }

    public SecretKey? PresharedKey { get; init; }

    /// <summary>In file order, host bits cleared, exact duplicates removed; `-` prefixes have been taken away from what stood before.</summary>
    public IReadOnlyList<IPNetwork> AllowedIPs { get; init; } = [];

    public HostEndpoint? Endpoint { get; init; }

    /// <summary>Seconds; null: not given; 0: "off".</summary>
    public ushort? PersistentKeepalive { get; init; }

    /// <summary>Where the values were written.</summary>
    public ConfigPositions Positions { get; init; } = ConfigPositions.None;

    /// <summary>Line of its [Peer] header, from 1; 0 when it was not read from a text.</summary>
    public int Line { get; init; }
}

/// <summary>An interface address with its prefix length; unlike a prefix it keeps its host bits.</summary>
public sealed record InterfaceAddress(IPAddress Address, int PrefixLength)
{
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>An endpoint as written: an address or a name still to be resolved.</summary>
public sealed record HostEndpoint(string Host, ushort Port)
{
    /// <summary>The endpoint if <see cref="Host"/> is an IP address, else null.</summary>
    public IPEndPoint? Literal => IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : null;

    /// <summary>IPv6 in brackets.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

public enum RouteTableKind
{
    /// <summary>Routes go to the main table; a default route by policy routing.</summary>
    Auto,

    /// <summary>No routes.</summary>
    Off,

    /// <summary>Routes go to table <see cref="RouteTable.Number"/>.</summary>
    Numbered,
}

/// <summary>Table = auto | off | NUMBER.</summary>
public readonly record struct RouteTable(RouteTableKind Kind, uint Number = 0)
{
    public static RouteTable Auto { get; } = new(RouteTableKind.Auto);

    public static RouteTable Off { get; } = new(RouteTableKind.Off);
}
