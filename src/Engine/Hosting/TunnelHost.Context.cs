using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;

namespace WireGuard.Engine.Hosting;

/// <summary>What the control socket may ask of the host.</summary>
public sealed partial class TunnelHost : ITunnelContext
{
    public string TunnelName => _options.Name;

    public IReadOnlyList<string> Addresses => [.. (_settings?.Addresses ?? _options.Config?.Interface.Addresses ?? []).Select(a => a.ToString())];

    public int? ConfiguredMtu => _settings?.Mtu;

    public IReadOnlyList<string>? Dns =>
        _settings is { } settings && settings.DnsServers.Count + settings.DnsSearchDomains.Count > 0
            ? [.. settings.DnsServers.Select(server => server.ToString()), .. settings.DnsSearchDomains]
            : null;

    public string? Table => _settings?.Table switch
    {
        { Kind: RouteTableKind.Off } => "off",
        { Kind: RouteTableKind.Numbered, Number: var number } => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    public string? ConfigPath { get; }

    public IReadOnlyList<string>? StartOptions => _options.StartOptions;

    public DateTimeOffset StartedAt { get; }

    public string Backend => "userspace";

    public string CryptoBackend => _aead.Name;

    public int Lanes => _lanes?.Count ?? 0;

    public bool IsStarting => !_isUp;

    public string? NetNs => _options.NetNs;

    public string? SocketNetNs => _options.SocketNetNs;

    public bool KillSwitch => _options.Choices.KillSwitch;

    public bool Forward => _options.Choices.Forward;

    public bool Masquerade => _options.Choices.Masquerade;

    public IReadOnlyList<string>? ExcludedRoutes => _options.Choices.ExcludedRoutes is { Count: > 0 } routes ? [.. routes.Select(route => route.ToString())] : null;

    public bool Served => _options.Enrollment is not null;

    public IEnrollmentControl? Enrollment
    {
        get
        {
            if (_options.Enrollment is not null)
                _gate.RequireChanges();
            return _enrollment;
        }
    }

    /// <inheritdoc cref="ITunnelContext.EventRaised"/>
    public event Action<EngineEvent>? EventRaised;

    void ITunnelContext.RequestStop() => RequestStop("it was asked to");

    /// <summary>One try: the client is waiting and can ask again.</summary>
    public async Task<IPEndPoint> ResolveEndpointAsync(string endpoint, IPEndPoint? current, CancellationToken cancellation)
    {
        var name = ConfiguredEndpoints.NameIn(endpoint) ?? throw new ControlException(ControlErrorCode.EndpointUnresolved, "An endpoint is HOST:PORT.");
        try
        {
            return await new EndpointResolver(Log, _options.Time, retries: 0, _options.LookUp).ResolveAsync(name, cancellation, current);
        }
        catch (StartException failure)
        {
            throw new ControlException(ControlErrorCode.EndpointUnresolved, failure.Message, inner: failure);
        }
    }

    public Action KeepWritten(PublicKey peer) => _endpoints.Keep(peer);

    public bool WasWritten(PublicKey peer, string endpoint) => _endpoints.WasWritten(peer, endpoint);
}
