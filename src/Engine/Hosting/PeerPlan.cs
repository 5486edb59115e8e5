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

    public IEnumerable<TunnelDifference> Differences()
    {
        if (Goes)
            yield return Difference(TunnelDifference.Removed, "Peer") with { From = PublicKey.ToString() };
        else if (_now is null)
            yield return Difference(TunnelDifference.Added, "Peer") with { To = PublicKey.ToString() };
        if (!Goes)
        {
            foreach (var difference in Values())
                yield return difference;
        }

        foreach (var prefix in Goes ? _had : Lost)
            yield return Difference(TunnelDifference.Removed, "AllowedIP") with { From = prefix.ToString() };
        foreach (var prefix in Goes ? [] : Gained)
            yield return Difference(TunnelDifference.Added, "AllowedIP") with { To = prefix.ToString() };
    }

    private IEnumerable<TunnelDifference> Values()
    {
        if (Name != _now?.Name)
            yield return Difference(KindOf(_now?.Name, Name), "Name") with { From = _now?.Name, To = Name };
        if (ChangesKey)
            yield return Difference(KindOf(_now?.PresharedKey, PresharedKey), "PresharedKey");
        if (MovesEndpoint)
            yield return Difference(KindOf(_now?.Endpoint, _wish), "Endpoint") with { From = _now?.Endpoint?.ToString(), To = _wish!.Endpoint!.ToString() };
        var keepalive = _now?.PersistentKeepalive ?? 0;
        if (Keepalive != keepalive)
            yield return Difference(KindOf(keepalive == 0 ? null : this, Keepalive == 0 ? null : this), "PersistentKeepalive") with { From = Text(keepalive), To = Text(Keepalive) };
    }

    private TunnelDifference Difference(string kind, string property) => new(kind, property) { Peer = PublicKey.ToString(), PeerName = Name };

    private static string KindOf(object? before, object? after) =>
        before is null ? TunnelDifference.Added : after is null ? TunnelDifference.Removed : TunnelDifference.Changed;

    private static string? Text(ushort seconds) => seconds == 0 ? null : $"{seconds}";

    private static SecretKey CopyOf(SecretKey? key) => key?.Clone() ?? new SecretKey(new byte[SecretKey.Size]);
}
