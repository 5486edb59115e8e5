using System.Globalization;
using WireGuard.Binding;
using WireGuard.Configuration;

namespace WireGuard.Conversion;

/// <summary>Makes the public configuration objects.</summary>
internal static class ConfigModels
{
    /// <summary>Of a file or text.</summary>
    internal static WgConfig ToModel(this TunnelConfig config, string? name)
    {
        var section = config.Interface;
        return new WgConfig
        {
            Name = name,
            ConfigPath = config.Path,
            PrivateKey = section.PrivateKey is null ? null : SecretText.ToSecureString(section.PrivateKey),
            ListenPort = section.ListenPort,
            FwMark = section.FwMark,
            Addresses = [.. section.Addresses.Select(address => address.ToString())],
            Dns = [.. section.DnsServers.Select(server => server.ToString()), .. section.DnsSearchDomains],
            Mtu = section.Mtu,
            Table = section.Table.Kind switch
            {
                RouteTableKind.Off => "off",
                RouteTableKind.Numbered => section.Table.Number.ToString(CultureInfo.InvariantCulture),
                _ => null,
            },
            PreUp = [.. section.PreUp],
            PostUp = [.. section.PostUp],
            PreDown = [.. section.PreDown],
            PostDown = [.. section.PostDown],
            SaveConfig = section.SaveConfig,
            Peers = [.. config.Peers.Select(ToModel)],
        };
    }

    /// <summary>
    /// Of a running tunnel, as `wg showconf` has it, and what the engine set up around it. An MTU that was found is found again at the
    /// next start, and commands and SaveConfig are the file's: they are left out.
    /// </summary>
    internal static WgConfig ToConfig(this WgTunnel tunnel) => new()
    {
        Name = tunnel.Name,
        ConfigPath = tunnel.ConfigPath,
        PrivateKey = tunnel.PrivateKey,
        IsPrivateKeyHidden = tunnel.PublicKey is not null && tunnel.PrivateKey is null,
        ListenPort = tunnel.ListenPort == 0 ? null : (ushort)tunnel.ListenPort,
        FwMark = tunnel.FwMark == 0 ? null : tunnel.FwMark,
        Addresses = [.. tunnel.Addresses],
        Dns = [.. tunnel.Dns],
        Mtu = tunnel.ConfiguredMtu,
        Table = tunnel.Table,
        Peers = [.. tunnel.Peers.Select(ToConfig)],
    };

    /// <summary>What the programs of telephones take: commands, routes and saving are no affair of theirs.</summary>
    internal static WgConfig ForTelephone(this WgConfig config) => new()
    {
        Name = config.Name,
        PrivateKey = config.PrivateKey,
        ListenPort = config.ListenPort,
        Addresses = config.Addresses,
        Dns = config.Dns,
        Mtu = config.Mtu,
        Peers = config.Peers,
    };

    private static WgConfigPeer ToConfig(WgPeer peer) => new()
    {
        Name = peer.Name,
        PublicKey = peer.PublicKey,
        PresharedKey = peer.PresharedKey,
        IsPresharedKeyHidden = peer.HasPresharedKey && peer.PresharedKey is null,
        AllowedIPs = [.. peer.AllowedIPs],
        Endpoint = peer.Endpoint,
        PersistentKeepalive = peer.PersistentKeepalive == 0 ? null : (ushort)peer.PersistentKeepalive,
    };

    private static WgConfigPeer ToModel(PeerSection peer) => new()
    {
        Name = peer.Name,
        PublicKey = peer.PublicKey.ToString(),
        PresharedKey = peer.PresharedKey is null ? null : SecretText.ToSecureString(peer.PresharedKey),
        AllowedIPs = [.. peer.AllowedIPs.Select(prefix => prefix.ToString())],
        Endpoint = peer.Endpoint?.ToString(),
        PersistentKeepalive = peer.PersistentKeepalive,
    };
}
