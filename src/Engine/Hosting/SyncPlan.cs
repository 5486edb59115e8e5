using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>The way from what a tunnel is to what it is wished to be. Made of one instant's state; changes nothing itself.</summary>
internal sealed class SyncPlan
{
    private readonly DeviceSnapshot _now;
    private readonly TunnelWish _wish;
    private readonly List<PeerPlan> _peers;
    private readonly uint _mark;

    private SyncPlan(DeviceSnapshot now, TunnelWish wish, HostNetworkSettings? host, ConfiguredEndpoints endpoints)
    {
        (_now, _wish) = (now, wish);
        _peers = Peers(now, wish, endpoints);
        _mark = host?.FwMark ?? now.FwMark;
        // In the drop-in form the mark is whoever's who made the rules.
        Mark = wish.FwMark ?? (TakesAway && host is not null ? 0 : _mark);
        Before = host;
        Host = host is null ? null : HostSettings(host);
    }

    /// <summary>Of the host; null: it is somebody else's.</summary>
    public HostNetworkSettings? Before { get; }

    public HostNetworkSettings? Host { get; }

    public uint Mark { get; }

    /// <summary>Whether the wish leaves out what is to go.</summary>
    private bool TakesAway => _wish.Mode is SyncMode.Sync or SyncMode.Replace;

    private bool BeginsAnew => _wish.Mode == SyncMode.Replace;

    /// <exception cref="ControlException">InvalidValue: it cannot be.</exception>
    public static SyncPlan Create(DeviceSnapshot now, TunnelWish wish, HostNetworkSettings? host, ConfiguredEndpoints endpoints)
    {
        var own = KeyAfter(now, wish);
        for (var i = 0; i < wish.Peers.Count; i++)
        {
            if (wish.Peers[i].PublicKey == own)
                throw new ControlException(ControlErrorCode.InvalidValue, $"peers[{i}].publicKey: this is the tunnel's own public key.", $"peers[{i}].publicKey");
        }

        return new SyncPlan(now, wish, host, endpoints);
    }

    /// <summary>What can be refused, and can be taken back. Whoever gets it disposes of it.</summary>
    public DeviceChange First() => new()
    {
        ListenPort = ChangesPort ? _wish.ListenPort : null,
        FwMark = Host is null && Mark != _mark ? Mark : null,
        Peers = BeginsAnew ? [] : [.. _peers.Select(p => p.Gain()).OfType<PeerChange>()],
    };

    /// <summary>The port that is asked for, or the one that is.</summary>
    public int Port => ChangesPort ? _wish.ListenPort!.Value : _now.ListenPort;

    /// <summary>Takes <see cref="First"/> back, but for the port.</summary>
    public DeviceChange Back() => new()
    {
        FwMark = Host is null && Mark != _mark ? _mark : null,
        Peers = BeginsAnew ? [] : [.. _peers.Select(p => p.TakeBack()).OfType<PeerChange>()],
    };

    /// <summary>The rest of the way back: somebody else may have taken the port meanwhile.</summary>
    public DeviceChange PortBack() => new() { ListenPort = ChangesPort ? _now.ListenPort : null };

    /// <summary>What is never refused, and never given back.</summary>
    public DeviceChange Last() => new()
    {
        PrivateKey = ChangesKey ? _wish.PrivateKey!.Clone() : null,
        ReplacePeers = BeginsAnew,
        Peers = [.. _peers.Select(p => BeginsAnew ? p.Gain() : p.Lose()).OfType<PeerChange>()],
    };

    /// <param name="host">What the host says of routes and MTU; null: it is somebody else's.</param>
    public List<TunnelDifference> Differences(HostNetworkChange? host) =>
    [
        .. Interface(),
        .. host is not null && host.Mtu != host.MtuBefore ? [Changed("Mtu", $"{host.MtuBefore}", $"{host.Mtu}")] : (TunnelDifference[])[],
        .. BeginsAnew ? _now.Peers.SelectMany(p => new PeerPlan(p, null, false, [], null).Differences()) : [],
        .. _peers.SelectMany(p => p.Differences()),
        .. (host?.RemovedRoutes ?? []).Select(route => Removed("Route", route)),
        .. (host?.AddedRoutes ?? []).Select(route => Added("Route", route)),
    ];

    /// <summary>Remembers what is written now.</summary>
    public void Remember(ConfiguredEndpoints endpoints)
    {
        foreach (var peer in _peers.Where(p => p.Goes))
            endpoints.Set(peer.PublicKey, null);
        foreach (var peer in _wish.Peers.Where(p => TakesAway || p.Endpoint is not null))
            endpoints.Set(peer.PublicKey, peer.Endpoint);
    }

    private bool ChangesPort => _wish.ListenPort is > 0 and var port && port != _now.ListenPort;

    private bool ChangesKey => _wish.PrivateKey is not null && KeyAfter(_now, _wish) != _now.PublicKey;

    private static PublicKey? KeyAfter(DeviceSnapshot now, TunnelWish wish) => wish.PrivateKey is { } key ? PublicKeyOf(key) : now.PublicKey;

    private static PublicKey PublicKeyOf(SecretKey key)
    {
        using var clamped = key.Clone();
        clamped.Clamp();
        Span<byte> publicKey = stackalloc byte[PublicKey.Size];
        X25519.PublicKey(publicKey, clamped.Span);
        return new PublicKey(publicKey);
    }

    private static List<PeerPlan> Peers(DeviceSnapshot now, TunnelWish wish, ConfiguredEndpoints endpoints)
    {
        var takesAway = wish.Mode is SyncMode.Sync or SyncMode.Replace;
        var anew = wish.Mode == SyncMode.Replace;
        var wishes = wish.Peers.ToDictionary(p => p.PublicKey);
        var owners = new Dictionary<IPNetwork, PublicKey>();
        foreach (var peer in takesAway ? [] : now.Peers)
        {
            foreach (var prefix in peer.AllowedIPs)
                owners[prefix] = peer.PublicKey;
        }

        // Of several that name the same prefix the last one gets it.
        foreach (var peer in wish.Peers)
        {
            foreach (var prefix in peer.AllowedIPs)
                owners[prefix] = peer.PublicKey;
        }

        var prefixes = owners.ToLookup(pair => pair.Value, pair => pair.Key);
        var present = now.Peers.ToDictionary(p => p.PublicKey);
        return
        [
            .. wish.Peers.Select(p => new PeerPlan(anew ? null : present.GetValueOrDefault(p.PublicKey), p, !takesAway, [.. prefixes[p.PublicKey]], endpoints.Find(p.PublicKey))),
            .. anew ? [] : now.Peers.Where(p => !wishes.ContainsKey(p.PublicKey)).Select(p => new PeerPlan(p, null, !takesAway, [.. prefixes[p.PublicKey]], null)),
        ];
    }

    private HostNetworkSettings HostSettings(HostNetworkSettings host)
    {
        var adds = _wish.Mode == SyncMode.Append;
        var staying = _peers.Where(p => !p.Goes).ToList();
        return host with
        {
            Addresses = Merge(host.Addresses, _wish.Addresses, adds),
            DnsServers = Merge(host.DnsServers, _wish.DnsServers, adds),
            DnsSearchDomains = Merge(host.DnsSearchDomains, _wish.DnsSearchDomains, adds),
            Mtu = _wish.Mtu is { } mtu ? (mtu == 0 ? null : mtu) : TakesAway ? null : host.Mtu,
            Table = _wish.Table ?? host.Table,
            FwMark = Mark,
            Routes = [.. staying.SelectMany(p => p.Prefixes)],
            Endpoints = [.. staying.Select(p => p.Endpoint?.Address).OfType<IPAddress>().Distinct()],
        };
    }

    private IReadOnlyList<T> Merge<T>(IReadOnlyList<T> before, IReadOnlyList<T>? wished, bool adds) =>
        wished is null ? (TakesAway ? [] : before)
        : adds ? [.. before.Union(wished)]
        : wished;

    private IEnumerable<TunnelDifference> Interface()
    {
        if (ChangesKey)
            yield return new TunnelDifference(_now.PublicKey is null ? TunnelDifference.Added : TunnelDifference.Changed, "PrivateKey");
        if (ChangesPort)
            yield return Changed("ListenPort", Number(_now.ListenPort), Number(_wish.ListenPort!.Value));
        if (Mark != _mark)
            yield return Changed("FwMark", MarkText(_mark), MarkText(Mark));
        if (Before is null || Host is null)
            yield break;
        foreach (var difference in Differences("Address", Before.Addresses, Host.Addresses))
            yield return difference;
        var (names, wanted) = (NamesOf(Before), NamesOf(Host));
        foreach (var difference in Differences("Dns", names, wanted))
            yield return difference;
        // The first one is asked first.
        if (!names.SequenceEqual(wanted) && names.ToHashSet().SetEquals(wanted))
            yield return Changed("Dns", string.Join(", ", names), string.Join(", ", wanted));
    }

    private static IEnumerable<TunnelDifference> Differences<T>(string property, IReadOnlyList<T> before, IReadOnlyList<T> after)
        where T : notnull =>
        [.. before.Except(after).Select(value => Removed(property, value)), .. after.Except(before).Select(value => Added(property, value))];

    private static string[] NamesOf(HostNetworkSettings settings) => [.. settings.DnsServers.Select(server => server.ToString()), .. settings.DnsSearchDomains];

    private static TunnelDifference Added(string property, object value) => new(TunnelDifference.Added, property) { To = value.ToString() };

    private static TunnelDifference Removed(string property, object value) => new(TunnelDifference.Removed, property) { From = value.ToString() };

    private static TunnelDifference Changed(string property, string from, string to) => new(TunnelDifference.Changed, property) { From = from, To = to };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string MarkText(uint mark) => mark == 0 ? "off" : string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}");
}
