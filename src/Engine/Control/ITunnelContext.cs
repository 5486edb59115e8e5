using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>What the control socket needs of the host that a device runs in. Any thread may call.</summary>
public interface ITunnelContext
{
    string TunnelName { get; }

    /// <summary>Interface addresses in CIDR form.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.ConfiguredMtu"/>.</summary>
    int? ConfiguredMtu { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.Dns"/>.</summary>
    IReadOnlyList<string>? Dns { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.Table"/>.</summary>
    string? Table { get; }

    /// <summary>The file that the tunnel was started from, or null.</summary>
    string? ConfigPath { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.StartOptions"/>.</summary>
    IReadOnlyList<string>? StartOptions { get; }

    DateTimeOffset StartedAt { get; }

    /// <summary>"userspace" today.</summary>
    string Backend { get; }

    /// <summary>As <see cref="WireGuard.Api.EngineStatus.CryptoBackend"/>.</summary>
    string CryptoBackend { get; }

    int Lanes { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.IsStarting"/>.</summary>
    bool IsStarting { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.NetNs"/>.</summary>
    string? NetNs { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.SocketNetNs"/>.</summary>
    string? SocketNetNs { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.KillSwitch"/>.</summary>
    bool KillSwitch { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.Forward"/>.</summary>
    bool Forward { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.Masquerade"/>.</summary>
    bool Masquerade { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.ExcludedRoutes"/>.</summary>
    IReadOnlyList<string>? ExcludedRoutes { get; }

    /// <summary>As <see cref="WireGuard.Api.TunnelInfo.Served"/>.</summary>
    bool Served { get; }

    /// <summary>Null: nobody can join this tunnel by a code or an invitation.</summary>
    /// <exception cref="ControlException">Starting.</exception>
    IEnrollmentControl? Enrollment { get; }

    /// <summary>Raised on any thread, after the fact, with what the device knows nothing of; time and tunnel are filled in by whoever passes it on.</summary>
    event Action<EngineEvent>? EventRaised;

    /// <summary>Asks for the tunnel's end and returns at once; called after the client has its answer.</summary>
    void RequestStop();

    /// <summary>Looks up HOST:PORT. IP addresses do not come here.</summary>
    /// <param name="current">Where the peer is: of a name with several addresses, that one is as good as the first.</param>
    /// <exception cref="ControlException">EndpointUnresolved.</exception>
    Task<IPEndPoint> ResolveEndpointAsync(string endpoint, IPEndPoint? current, CancellationToken cancellation);

    /// <summary>Looks up the endpoints of the wish that are names and that are new; one try.</summary>
    /// <exception cref="ControlException">EndpointUnresolved.</exception>
    Task<TunnelWish> ResolveAsync(TunnelWish wish, CancellationToken cancellation);

    /// <summary>Brings device and host to what the wish says, all or nothing; one at a time with <see cref="PeersChangedAsync"/>.</summary>
    /// <param name="dryRun">Nothing is done; the answer is what would be.</param>
    /// <exception cref="ControlException">Why not; nothing has changed.</exception>
    IReadOnlyList<TunnelDifference> Sync(TunnelWish wish, bool dryRun);

    /// <summary>Has the file that the tunnel was started from say what runs; one at a time with <see cref="Sync"/>.</summary>
    /// <param name="dryRun">Nothing is written; the answer is what would be.</param>
    /// <exception cref="ControlException">SaveFailed; the file is as it was.</exception>
    SaveResult Save(bool dryRun);

    /// <summary>This is how the peer's endpoint was written last: by the file, a sync or a peer method. The peer may have roamed since.</summary>
    bool WasWritten(PublicKey peer, string endpoint);

    /// <summary>Before a change that may be taken back. What it returns has the peer's endpoint written as it is written now.</summary>
    Action KeepWritten(PublicKey peer);

    /// <summary>
    /// Called after peer.add, peer.set or peer.remove has changed the device, one at a time: routes follow the peers'
    /// allowed IPs. The client waits for it. Also when all was so already: routes may be missing all the same.
    /// </summary>
    /// <param name="step">What has changed.</param>
    /// <exception cref="ControlException">HostNetworkFailed: no route was changed; the device's change is taken back and the client told.</exception>
    Task PeersChangedAsync(PeerStep step);
}
