using System.Net;

namespace WireGuard.Engine.Control;

/// <summary>What the control socket needs of the host that a device runs in. Any thread may call.</summary>
public interface ITunnelContext
{
    string TunnelName { get; }

    /// <summary>Interface addresses in CIDR form.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>The file that the tunnel was started from, or null.</summary>
    string? ConfigPath { get; }

    DateTimeOffset StartedAt { get; }

    /// <summary>"userspace" today.</summary>
    string Backend { get; }

    /// <summary>As <see cref="WireGuard.Api.EngineStatus.CryptoBackend"/>.</summary>
    string CryptoBackend { get; }

    int Lanes { get; }

    /// <summary>Asks for the tunnel's end and returns at once; called after the client has its answer.</summary>
    void RequestStop();

    /// <summary>Looks up HOST:PORT. IP addresses do not come here.</summary>
    /// <exception cref="ControlException">EndpointUnresolved.</exception>
    Task<IPEndPoint> ResolveEndpointAsync(string endpoint, CancellationToken cancellation);

    /// <summary>
    /// Called after peer.add, peer.set or peer.remove has changed the device, one at a time: routes follow the peers'
    /// allowed IPs. The client waits for it.
    /// </summary>
    /// <exception cref="ControlException">HostNetworkFailed: no route was changed; the device's change is taken back and the client told.</exception>
    Task PeersChangedAsync();
}
