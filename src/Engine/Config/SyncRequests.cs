using System.Globalization;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>Makes the request of tunnel.sync from a file.</summary>
public static class SyncRequests
{
    /// <summary>The request has keys of its own: the caller disposes of it and of the configuration.</summary>
    /// <param name="mode">One of <see cref="SyncModes"/> but <see cref="SyncModes.Set"/>.</param>
    public static SyncRequest From(TunnelConfig config, string mode, bool dryRun)
    {
        ArgumentNullException.ThrowIfNull(config);
        var section = config.Interface;
        // What a file that is appended does not mention stays.
        var appends = mode == SyncModes.Append;
        string[] dns = [.. section.DnsServers.Select(server => server.ToString()), .. section.DnsSearchDomains];
        return new SyncRequest
        {
            Mode = mode,
            DryRun = dryRun,
            PrivateKey = section.PrivateKey?.Clone(),
            ListenPort = section.ListenPort,
            FwMark = section.FwMark,
            Addresses = [.. section.Addresses.Select(address => address.ToString())],
            Dns = dns,
            Mtu = section.Mtu,
            Table = appends && section.Table.Kind == RouteTableKind.Auto ? null : TextOf(section.Table),
            Peers = [.. config.Peers.Select(From)],
        };
    }

    private static PeerChangeRequest From(PeerSection peer) => new()
    {
        PublicKey = peer.PublicKey.ToString(),
        Name = peer.Name,
        PresharedKey = peer.PresharedKey?.Clone(),
        Endpoint = peer.Endpoint?.ToString(),
        PersistentKeepalive = peer.PersistentKeepalive,
        AllowedIPs = [.. peer.AllowedIPs.Select(prefix => prefix.ToString())],
    };

    private static string TextOf(RouteTable table) => table.Kind switch
    {
        RouteTableKind.Off => "off",
        RouteTableKind.Numbered => table.Number.ToString(CultureInfo.InvariantCulture),
        _ => "auto",
    };
}
