using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Hosting;

/// <summary>Makes the device's first configuration from a file's.</summary>
public static class TunnelChange
{
    /// <summary>
    /// Replaces all peers. The change has keys of its own: the caller disposes of it and of the configuration.
    /// </summary>
    /// <param name="endpoints">The resolved endpoint of each peer that has one.</param>
    public static DeviceChange From(TunnelConfig config, IReadOnlyDictionary<PublicKey, IPEndPoint> endpoints) => new()
    {
        PrivateKey = config.Interface.PrivateKey?.Clone(),
        ListenPort = config.Interface.ListenPort,
        FwMark = config.Interface.FwMark,
        ReplacePeers = true,
        Peers = [.. config.Peers.Select(peer => new PeerChange
        {
            PublicKey = peer.PublicKey,
            Name = peer.Name,
            PresharedKey = peer.PresharedKey?.Clone(),
            Endpoint = endpoints.GetValueOrDefault(peer.PublicKey),
            PersistentKeepalive = peer.PersistentKeepalive,
            ReplaceAllowedIPs = true,
            AllowedIPs = AllowedIPsOf(peer),
        })],
    };

    private static AllowedIPChange[] AllowedIPsOf(PeerSection peer)
    {
        var changes = new AllowedIPChange[peer.AllowedIPs.Count];
        for (var i = 0; i < changes.Length; i++)
            changes[i] = new(peer.AllowedIPs[i]);
        return changes;
    }
}
