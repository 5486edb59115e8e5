using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Conversion;

/// <summary>Configuration objects as the grammar's, checked: what can be written, can be read.</summary>
internal static class ConfigText
{
    /// <summary>The caller disposes of it: it has copies of the keys.</summary>
    /// <param name="warnings">What is doubtful, each with the property that it is about.</param>
    /// <exception cref="WgException">InvalidValue with each property that is wrong, InvalidKey.</exception>
    internal static TunnelConfig Parse(WgConfig config, out IReadOnlyList<string> warnings)
    {
        var draft = new ConfigDraft(config);
        var result = ConfigParser.Parse(draft.Text);
        var errors = Told(draft, result.Diagnostics, ConfigSeverity.Error);
        if (errors.Count > 0)
            throw WgException.Of(ErrorIds.InvalidValue, errors);
        warnings = Told(draft, result.Diagnostics, ConfigSeverity.Warning);
        return WithKeys(result.Config!, config);
    }

    /// <summary>The private key or a preshared key is there, but was not asked for when the tunnel was.</summary>
    internal static bool HasHiddenKeys(WgConfig config) => config.IsPrivateKeyHidden || config.Peers?.Any(peer => peer?.IsPresharedKeyHidden == true) == true;

    /// <exception cref="WgException">InvalidValue: keys are to be written that are not in the object.</exception>
    internal static void DemandKeys(WgConfig config)
    {
        if (HasHiddenKeys(config))
            throw new WgException(ErrorIds.InvalidValue, $"The keys of tunnel '{config.Name}' are not in the object: Get-WgTunnel {config.Name} -IncludeSecret brings them.");
    }

    private static List<string> Told(ConfigDraft draft, IEnumerable<ConfigDiagnostic> diagnostics, ConfigSeverity severity) =>
    [
        .. diagnostics.Where(d => d.Severity == severity && d.Id != "NoPrivateKey")
            .Select(d => draft.PlaceOf(d.Line) is { Length: > 0 } place ? $"{place}: {d.Message}" : d.Message),
    ];

    private static TunnelConfig WithKeys(TunnelConfig checkedConfig, WgConfig config)
    {
        var section = checkedConfig.Interface;
        var keys = new List<SecretKey>();
        try
        {
            return new TunnelConfig
            {
                Path = config.ConfigPath,
                Interface = new InterfaceSection
                {
                    PrivateKey = Key(config.PrivateKey, config.IsPrivateKeyHidden, "PrivateKey", keys),
                    ListenPort = section.ListenPort,
                    FwMark = section.FwMark,
                    Addresses = section.Addresses,
                    DnsServers = section.DnsServers,
                    DnsSearchDomains = section.DnsSearchDomains,
                    Mtu = section.Mtu,
                    Table = section.Table,
                    PreUp = section.PreUp,
                    PostUp = section.PostUp,
                    PreDown = section.PreDown,
                    PostDown = section.PostDown,
                    SaveConfig = section.SaveConfig,
                },
                Peers = [.. checkedConfig.Peers.Select((peer, index) => new PeerSection
                {
                    Name = peer.Name,
                    PublicKey = peer.PublicKey,
                    PresharedKey = Key(config.Peers[index].PresharedKey, config.Peers[index].IsPresharedKeyHidden, $"Peers[{index}].PresharedKey", keys),
                    AllowedIPs = peer.AllowedIPs,
                    Endpoint = peer.Endpoint,
                    PersistentKeepalive = peer.PersistentKeepalive,
                })],
            };
        }
        catch
        {
            keys.ForEach(key => key.Dispose());
            throw;
        }
    }

    // Where a key is that must not be shown there is a comment, which stands for any key.
    private static SecretKey? Key(SecureString? text, bool isHidden, string place, List<SecretKey> keys)
    {
        if (text is null && !isHidden)
            return null;
        var key = text is null ? SecretKey.Random() : SecretText.ToKey(text, place);
        keys.Add(key);
        return key.IsZero ? throw new WgException(ErrorIds.InvalidKey, $"{place} is all zeros, which is no usable key.") : key;
    }
}
