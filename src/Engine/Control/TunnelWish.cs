using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Control;

public enum SyncMode
{
    Sync,
    Replace,
    Append,
    Set,
}

/// <summary>A checked <see cref="SyncRequest"/>; null: not said. Its keys are the request's.</summary>
public sealed record TunnelWish
{
    public required SyncMode Mode { get; init; }

    public SecretKey? PrivateKey { get; init; }

    public ushort? ListenPort { get; init; }

    public uint? FwMark { get; init; }

    public IReadOnlyList<InterfaceAddress>? Addresses { get; init; }

    public IReadOnlyList<IPAddress>? DnsServers { get; init; }

    public IReadOnlyList<string>? DnsSearchDomains { get; init; }

    /// <summary>0: to be found.</summary>
    public int? Mtu { get; init; }

    public RouteTable? Table { get; init; }

    public IReadOnlyList<PeerWish> Peers { get; init; } = [];

    public sealed override string ToString() => $"{nameof(TunnelWish)} {Mode}";
}

public sealed record PeerWish
{
    public required PublicKey PublicKey { get; init; }

    public string? Name { get; init; }

    public SecretKey? PresharedKey { get; init; }

    /// <summary>As written.</summary>
    public HostEndpoint? Endpoint { get; init; }

    /// <summary>Where it leads; set once it was looked up.</summary>
    public IPEndPoint? Address { get; init; }

    public ushort? PersistentKeepalive { get; init; }

    public IReadOnlyList<IPNetwork> AllowedIPs { get; init; } = [];

    public sealed override string ToString() => PublicKey.ToString();
}
