using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Routes follow the peers' allowed IPs, the MTU their endpoints. When peers come one after the other the host is told of each
/// alone, and of all at most once in a while: with thousands of them a look at all takes far longer than a change.
/// </summary>
public sealed partial class TunnelHost
{
    /// <summary>
    /// How old the last look at all may be for a change to be told alone. What somebody else does to the host's routes in the
    /// meantime is found by the next look.
    /// </summary>
    internal static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    // Changes of the device since the host was told of all that has changed; under the lock of changes.
    private int _untold;

    // When the host was last told of all peers; null: it is to be told of them the next time.
    private long? _toldAt;

    /// <summary>In the drop-in form routes and MTU are somebody else's.</summary>
    public Task PeersChangedAsync(PeerStep step)
    {
        if (_network is { } network && _device is not null)
        {
            try
            {
                Follow(network, step);
            }
            catch (HostNetworkException failure)
            {
                throw new ControlException(ControlErrorCode.HostNetworkFailed, $"The peer was not changed, because its routes cannot be: {failure.Message}", inner: failure);
            }
        }

        if (step.Written is { } endpoint)
            Remember(step, endpoint);
        return Task.CompletedTask;
    }

    // The address that a name leads to already, or that a peer roamed to, is no other way to write it.
    private void Remember(PeerStep step, string endpoint)
    {
        if (ConfiguredEndpoints.NameIn(endpoint) is { } name)
            _endpoints.Set(step.Peer, name);
        else if (!step.IsNone)
            _endpoints.Ask(step.Peer, endpoint);
    }

    private void Follow(IHostNetwork network, PeerStep step)
    {
        int untold;
        lock (_changing)
            (untold, _untold) = (_untold, 0);
        var isRecent = _toldAt is { } then && _options.Time.GetElapsedTime(then) < BetweenLooks;
        _toldAt = isRecent ? _toldAt : null;
        if (isRecent && untold == 0 && step.IsNone)
            return;
        // The one change that this step is about, and none of wg(8), which tells the host nothing.
        if (isRecent && untold == 1 && !step.IsNone && network.TryUpdate(step.Came, step.Went, step.EndpointBefore, step.Endpoint))
            return;
        _toldAt = null;
        var now = _options.Time.GetTimestamp();
        using var snapshot = _device!.Snapshot();
        network.Update(snapshot.Peers.SelectMany(p => p.AllowedIPs).Distinct().ToList(), EndpointsOf(snapshot));
        _toldAt = now;
    }

    /// <summary>The next change is told with all that there is.</summary>
    private void LookAtAllNext() => _toldAt = null;

    /// <summary>One for each peer that has one: a way that several go is given up when the last of them goes.</summary>
    private static IReadOnlyList<IPAddress> EndpointsOf(DeviceSnapshot snapshot) => [.. snapshot.Peers.Select(p => p.Endpoint?.Address).OfType<IPAddress>()];
}
