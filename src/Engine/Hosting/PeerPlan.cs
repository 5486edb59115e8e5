using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// What becomes of one peer. What it gets comes before what it loses, so that a prefix that moves always has an owner; what
/// cannot be given back, a session, goes last of all.
/// </summary>
internal sealed class PeerPlan
{
    private readonly PeerSnapshot? _now;
    private readonly PeerWish? _wish;
    private readonly bool _appends;
    private readonly HashSet<IPNetwork> _had;

    /// <param name="now">Null: it is not there, or is to begin anew.</param>
    /// <param name="wish">Null: it is to go, or to stay as it is when <paramref name="appends"/>.</param>
    /// <param name="appends">What the wish does not name stays.</param>
    /// <param name="prefixes">All that it is to have.</param>
    /// <param name="written">Its endpoint as it was written last.</param>
    public PeerPlan(PeerSnapshot? now, PeerWish? wish, bool appends, IReadOnlyCollection<IPNetwork> prefixes, HostEndpoint? written)
    {
        (_now, _wish, _appends, Prefixes) = (now, wish, appends, prefixes);
        _had = [.. now?.AllowedIPs ?? []];
        PublicKey = now?.PublicKey ?? wish!.PublicKey;
        MovesEndpoint = wish is { Endpoint: { } endpoint, Address: { } address }
            && !address.Equals(now?.Endpoint)
            && (now?.Endpoint is null || endpoint != written);
    }

    public PublicKey PublicKey { get; }

    public IReadOnlyCollection<IPNetwork> Prefixes { get; }

    public bool MovesEndpoint { get; }

    public bool Goes => _wish is null && !_appends;

    public IPEndPoint? Endpoint => MovesEndpoint ? _wish!.Address : _now?.Endpoint;

    private string? Name => _wish is null || (_appends && _wish.Name is null) ? _now?.Name : _wish.Name;

    private SecretKey? PresharedKey => _wish is null || (_appends && _wish.PresharedKey is null) ? _now?.PresharedKey : _wish.PresharedKey;

    private ushort Keepalive => (_wish is null || _appends ? _wish?.PersistentKeepalive ?? _now?.PersistentKeepalive : _wish.PersistentKeepalive) ?? 0;

    private bool ChangesKey => !Equals(PresharedKey, _now?.PresharedKey);

    private IEnumerable<IPNetwork> Gained => Prefixes.Where(prefix => !_had.Contains(prefix));

    private IEnumerable<IPNetwork> Lost => _had.Except(Prefixes);

    /// <summary>What it gets; null: nothing.</summary>
    public PeerChange? Gain()
    {
        if (Goes)
            return null;
        var change = new PeerChange
        {
            PublicKey = PublicKey,
            Name = Name != _now?.Name ? Name ?? "" : null,
            PresharedKey = ChangesKey ? CopyOf(PresharedKey) : null,
            Endpoint = MovesEndpoint ? _wish!.Address : null,
            PersistentKeepalive = Keepalive != (_now?.PersistentKeepalive ?? 0) ? Keepalive : null,
            AllowedIPs = [.. Gained.Select(prefix => new AllowedIPChange(prefix))],
        };
        var isSame = _now is not null && change is { Name: null, PresharedKey: null, Endpoint: null, PersistentKeepalive: null, AllowedIPs.Count: 0 };
        return isSame ? null : change;
    }

    /// <summary>What it loses, once others have what is theirs now; null: nothing.</summary>
    public PeerChange? Lose() =>
        Goes ? new PeerChange { PublicKey = PublicKey, Mode = PeerChangeMode.Remove }
        : Lost.Any() ? new PeerChange { PublicKey = PublicKey, Mode = PeerChangeMode.UpdateIfPresent, AllowedIPs = [.. Lost.Select(prefix => new AllowedIPChange(prefix, Remove: true))] }
        : null;

    /// <summary>Takes <see cref="Gain"/> back; null: it got nothing, and nothing of its was taken.</summary>
    public PeerChange? TakeBack() =>
        _now is null ? new PeerChange { PublicKey = PublicKey, Mode = PeerChangeMode.Remove }
        : Gain() is null && !Lost.Any() ? null
        : new PeerChange
        {
            PublicKey = PublicKey,
            Mode = PeerChangeMode.UpdateIfPresent,
            Name = _now.Name ?? "",
            PresharedKey = ChangesKey ? CopyOf(_now.PresharedKey) : null,
            Endpoint = MovesEndpoint ? _now.Endpoint : null,
            ForgetEndpoint = MovesEndpoint && _now.Endpoint is null,
            PersistentKeepalive = _now.PersistentKeepalive,
            AllowedIPs = [.. Lost.Select(prefix => new AllowedIPChange(prefix)), .. Gained.Select(prefix => new AllowedIPChange(prefix, Remove: true))],
        };

    public IEnumerable<TunnelDifference> Differences() => PeerDifferences.Between(_now, After(), MovesEndpoint ? _wish!.Endpoint!.ToString() : null);

    private PeerSnapshot? After() => Goes ? null : new PeerSnapshot
    {
        PublicKey = PublicKey,
        Name = Name,
        PresharedKey = PresharedKey,
        Endpoint = Endpoint,
        PersistentKeepalive = Keepalive,
        AllowedIPs = [.. Prefixes],
    };

    private static SecretKey CopyOf(SecretKey? key) => key?.Clone() ?? new SecretKey(new byte[SecretKey.Size]);
}
