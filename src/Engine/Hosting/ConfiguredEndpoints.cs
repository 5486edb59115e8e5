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

    // Those that clients have given; they are told of nowhere, and not looked up again.
    private readonly ConcurrentDictionary<PublicKey, string> _asked = [];

    /// <summary>Null: none was written, or somebody has set another one since.</summary>
    public HostEndpoint? Find(PublicKey peer) => _endpoints.GetValueOrDefault(peer);

    /// <summary>The peer's endpoint if it is a name, which may come to lead elsewhere.</summary>
    public HostEndpoint? FindName(PublicKey peer) => Find(peer) is { Literal: null } name ? name : null;

    public bool IsEmpty => _endpoints.IsEmpty;

    /// <summary>A client has given the peer this one.</summary>
    public void Ask(PublicKey peer, string endpoint) => _asked[peer] = endpoint;

    /// <summary>Whether the file, a sync or a client has written it so last.</summary>
    public bool WasWritten(PublicKey peer, string endpoint) =>
        string.Equals(_asked.GetValueOrDefault(peer) ?? Find(peer)?.ToString(), endpoint, StringComparison.OrdinalIgnoreCase);

    /// <param name="endpoint">Null: none is written.</param>
    public void Set(PublicKey peer, HostEndpoint? endpoint)
    {
        _asked.TryRemove(peer, out _);
        if (endpoint is not null)
            _endpoints[peer] = endpoint;
        else
            _endpoints.TryRemove(peer, out _);
    }

    /// <summary>What somebody has set otherwise, or removed, is no longer as it was written.</summary>
    public void Forget(DeviceChange change)
    {
        if (change.ReplacePeers)
        {
            _endpoints.Clear();
            _asked.Clear();
        }

        foreach (var peer in change.Peers)
        {
            if (peer.Endpoint is null && !peer.ForgetEndpoint && peer.Mode is not (PeerChangeMode.Remove or PeerChangeMode.RemoveExisting))
                continue;
            _endpoints.TryRemove(peer.PublicKey, out _);
            _asked.TryRemove(peer.PublicKey, out _);
        }
    }
}
