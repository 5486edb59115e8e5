using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;

namespace WireGuard.Fuzz;

/// <summary>A host that knows no names and, when told so, takes no routes.</summary>
internal sealed class FuzzTunnelContext : ITunnelContext
{
    public string TunnelName => "wg0";

    public IReadOnlyList<string> Addresses { get; } = ["10.0.0.1/24"];

    public int? ConfiguredMtu => null;

    public IReadOnlyList<string>? Dns => null;

    public string? Table => "off";

    public string? ConfigPath => "/etc/wireguard/wg0.conf";

    public IReadOnlyList<string>? StartOptions => null;

    public DateTimeOffset StartedAt { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string Backend => "userspace";

    public string CryptoBackend => "scalar";

    public bool IsStarting => false;

    public string? NetNs => null;

    public string? SocketNetNs => null;

    public bool KillSwitch => false;

    public bool Forward => false;

    public bool Masquerade => false;

    public bool Served => false;

    public IReadOnlyList<string>? ExcludedRoutes => null;

    public int Lanes => 1;

    public IEnrollmentControl? Enrollment => null;

    public event Action<EngineEvent>? EventRaised
    {
        add { }
        remove { }
    }

    internal bool RefusesRoutes { get; set; }

    public void RequestStop()
    {
        // A fuzzer's tunnel goes on.
    }

    public Task<IPEndPoint> ResolveEndpointAsync(string endpoint, IPEndPoint? current, CancellationToken cancellation) =>
        throw new ControlException(ControlErrorCode.EndpointUnresolved, "There is no such host.");

    public Task<TunnelWish> ResolveAsync(TunnelWish wish, CancellationToken cancellation) => Task.FromResult(wish);

    public IReadOnlyList<TunnelDifference> Sync(TunnelWish wish, bool dryRun) => RefusesRoutes
        ? throw new ControlException(ControlErrorCode.HostNetworkFailed, "No route.")
        : [];

    public SaveResult Save(bool dryRun) => RefusesRoutes
        ? throw new ControlException(ControlErrorCode.SaveFailed, "No file.")
        : new(ConfigPath!, []);

    public Action KeepWritten(PublicKey peer) => static () => { };

    public bool WasWritten(PublicKey peer, string endpoint) => endpoint.Length % 2 == 0;

    public Task PeersChangedAsync(PeerStep step) => RefusesRoutes
        ? Task.FromException(new ControlException(ControlErrorCode.HostNetworkFailed, "No route."))
        : Task.CompletedTask;
}
