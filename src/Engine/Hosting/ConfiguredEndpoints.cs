using System.Collections.Concurrent;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// The endpoints of peers as the file, or a sync since, has written them: they tell a peer that roamed from one whose
/// endpoint was changed. Any thread.
/// </summary>
internal sealed class ConfiguredEndpoints
{
    private readonly ConcurrentDictionary<PublicKey, HostEndpoint> _endpoints = [];

    /// <summary>Null: none was written, or somebody has set another one since.</summary>
    public HostEndpoint? Find(PublicKey peer) => _endpoints.GetValueOrDefault(peer);

    /// <summary>The peer's endpoint if it is a name, which may come to lead elsewhere.</summary>
    public HostEndpoint? FindName(PublicKey peer) => Find(peer) is { Literal: null } name ? name : null;

    public bool IsEmpty => _endpoints.IsEmpty;

    /// <param name="endpoint">Null: none is written.</param>
    public void Set(PublicKey peer, HostEndpoint? endpoint)
    {
        if (endpoint is not null)
            _endpoints[peer] = endpoint;
        else
            _endpoints.TryRemove(peer, out _);
    }

    /// <summary>What somebody has set otherwise, or removed, is no longer as it was written.</summary>
    public void Forget(DeviceChange change)
    {
        if (change.ReplacePeers)
            _endpoints.Clear();
        foreach (var peer in change.Peers)
        {
            if (peer.Endpoint is not null || peer.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting)
                _endpoints.TryRemove(peer.PublicKey, out _);
        }
    }
}
