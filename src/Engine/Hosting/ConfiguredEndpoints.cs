using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
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

    // Addresses that clients have given; they are told of nowhere.
    private readonly ConcurrentDictionary<PublicKey, string> _asked = [];

    /// <summary>Null: none was written, or somebody has set another one since.</summary>
    public HostEndpoint? Find(PublicKey peer) => _endpoints.GetValueOrDefault(peer);

    /// <summary>The peer's endpoint if it is a name, which may come to lead elsewhere.</summary>
    public HostEndpoint? FindName(PublicKey peer) => Find(peer) is { Literal: null } name ? name : null;

    public bool IsEmpty => _endpoints.IsEmpty;

    /// <summary>HOST:PORT; null: an address, or neither.</summary>
    public static HostEndpoint? NameIn(string endpoint)
    {
        var colon = endpoint.LastIndexOf(':');
        return !IPEndPoint.TryParse(endpoint, out _) && colon > 0 && ushort.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new HostEndpoint(endpoint[..colon], port)
            : null;
    }

    /// <summary>What has all be as it is now for this peer.</summary>
    public Action Keep(PublicKey peer)
    {
        var (endpoint, asked) = (Find(peer), _asked.GetValueOrDefault(peer));
        return () =>
        {
            Set(peer, endpoint);
            if (asked is not null)
                Ask(peer, asked);
        };
    }

    /// <summary>A client has given the peer this address.</summary>
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
