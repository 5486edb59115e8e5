using System.Collections;
using System.Management.Automation;
using System.Security;

namespace WireGuard.Binding;

/// <summary>
/// Makes the module's own objects again from those that remoting, jobs and Import-Clixml bring: there they are property bags, whose
/// lists may have become other lists, or with little depth one string.
/// </summary>
internal static class Rehydration
{
    /// <summary>The object itself when it is none of these.</summary>
    internal static object Rehydrate(object input) => input switch
    {
        PSObject bag when Is<WgPeer>(bag) => ToPeer(bag),
        PSObject bag when Is<WgTunnel>(bag) => ToTunnel(bag),
        PSObject bag when Is<WgConfig>(bag) => ToConfig(bag),
        _ => input,
    };

    // As remoting and Import-Clixml name it.
    private static bool Is<T>(PSObject bag) => bag.TypeNames.Contains($"Deserialized.{typeof(T).FullName}");

    private static WgPeer ToPeer(PSObject bag) => new()
    {
        Tunnel = Value<string>(bag, nameof(WgPeer.Tunnel)) ?? "",
        Name = Value<string>(bag, nameof(WgPeer.Name)),
        PublicKey = Value<string>(bag, nameof(WgPeer.PublicKey)) ?? "",
        PresharedKey = Value<SecureString>(bag, nameof(WgPeer.PresharedKey)),
        HasPresharedKey = Value<bool>(bag, nameof(WgPeer.HasPresharedKey)),
        Endpoint = Value<string>(bag, nameof(WgPeer.Endpoint)),
        AllowedIPs = Texts(bag, nameof(WgPeer.AllowedIPs)),
        LastHandshake = Instant(bag, nameof(WgPeer.LastHandshake)),
        HandshakeAge = Value<TimeSpan?>(bag, nameof(WgPeer.HandshakeAge)) ?? TimeSpan.MaxValue,
        RxBytes = Value<ulong>(bag, nameof(WgPeer.RxBytes)),
        TxBytes = Value<ulong>(bag, nameof(WgPeer.TxBytes)),
        PersistentKeepalive = Value<int>(bag, nameof(WgPeer.PersistentKeepalive)),
    };

    private static WgTunnel ToTunnel(PSObject bag) => new()
    {
        Name = Value<string>(bag, nameof(WgTunnel.Name)) ?? "",
        State = Value<string>(bag, nameof(WgTunnel.State)) ?? WgTunnelState.Stopped,
        PublicKey = Value<string>(bag, nameof(WgTunnel.PublicKey)),
        PrivateKey = Value<SecureString>(bag, nameof(WgTunnel.PrivateKey)),
        ListenPort = Value<int>(bag, nameof(WgTunnel.ListenPort)),
        FwMark = Value<uint>(bag, nameof(WgTunnel.FwMark)),
        Mtu = Value<int>(bag, nameof(WgTunnel.Mtu)),
        ConfiguredMtu = Value<int?>(bag, nameof(WgTunnel.ConfiguredMtu)),
        Dns = Texts(bag, nameof(WgTunnel.Dns)),
        Table = Value<string>(bag, nameof(WgTunnel.Table)),
        Backend = Value<string>(bag, nameof(WgTunnel.Backend)) ?? "",
        Addresses = Texts(bag, nameof(WgTunnel.Addresses)),
        ConfigPath = Value<string>(bag, nameof(WgTunnel.ConfigPath)),
        Peers = [.. PeerBags(bag).Select(ToPeer)],
    };

    private static WgConfig ToConfig(PSObject bag)
    {
        var privateKey = Value<SecureString>(bag, nameof(WgConfig.PrivateKey));
        return new WgConfig
        {
            Name = Value<string>(bag, nameof(WgConfig.Name)),
            ConfigPath = Value<string>(bag, nameof(WgConfig.ConfigPath)),
            PrivateKey = privateKey,
            IsPrivateKeyHidden = privateKey is null && Value<bool>(bag, nameof(WgConfig.HasPrivateKey)),
            ListenPort = Value<ushort?>(bag, nameof(WgConfig.ListenPort)),
            FwMark = Value<uint?>(bag, nameof(WgConfig.FwMark)),
            Addresses = Texts(bag, nameof(WgConfig.Addresses)),
            Dns = Texts(bag, nameof(WgConfig.Dns)),
            Mtu = Value<int?>(bag, nameof(WgConfig.Mtu)),
            Table = Value<string>(bag, nameof(WgConfig.Table)),
            PreUp = Lines(bag, nameof(WgConfig.PreUp)),
            PostUp = Lines(bag, nameof(WgConfig.PostUp)),
            PreDown = Lines(bag, nameof(WgConfig.PreDown)),
            PostDown = Lines(bag, nameof(WgConfig.PostDown)),
            SaveConfig = Value<bool>(bag, nameof(WgConfig.SaveConfig)),
            Peers = [.. PeerBags(bag).Select(ToConfigPeer)],
        };
    }

    private static WgConfigPeer ToConfigPeer(PSObject bag)
    {
        var presharedKey = Value<SecureString>(bag, nameof(WgConfigPeer.PresharedKey));
        return new WgConfigPeer
        {
            Name = Value<string>(bag, nameof(WgConfigPeer.Name)),
            PublicKey = Value<string>(bag, nameof(WgConfigPeer.PublicKey)) ?? "",
            PresharedKey = presharedKey,
            IsPresharedKeyHidden = presharedKey is null && Value<bool>(bag, nameof(WgConfigPeer.HasPresharedKey)),
            AllowedIPs = Texts(bag, nameof(WgConfigPeer.AllowedIPs)),
            Endpoint = Value<string>(bag, nameof(WgConfigPeer.Endpoint)),
            PersistentKeepalive = Value<ushort?>(bag, nameof(WgConfigPeer.PersistentKeepalive)),
        };
    }

    private static T? Value<T>(PSObject bag, string name) =>
        bag.Properties[name]?.Value is { } value && LanguagePrimitives.TryConvertTo<T>(value, out var converted) ? converted : default;

    // A bag as well where there was depth for it, else a text.
    private static DateTimeOffset? Instant(PSObject bag, string name) =>
        bag.Properties[name]?.Value is PSObject parts && parts.Properties[nameof(DateTimeOffset.UtcDateTime)]?.Value is DateTime utc
            ? new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc))
            : Value<DateTimeOffset?>(bag, name);

    /// <exception cref="ArgumentTransformationMetadataException">Of some there is but a text: rather none of it than a tunnel that lacks peers.</exception>
    private static List<PSObject> PeerBags(PSObject bag)
    {
        List<PSObject> found = Items(bag, nameof(WgTunnel.Peers)) is { } items ? [.. items.OfType<PSObject>().Where(IsWhole)] : [];
        var count = Value<int>(bag, nameof(WgTunnel.PeerCount));
        return found.Count >= count
            ? found
            : throw new ArgumentTransformationMetadataException(
                $"'{Value<string>(bag, nameof(WgTunnel.Name))}' has {count} peers, of which {found.Count} have come with it: it was serialised at too little depth. Load the WireGuard module of this version where it comes from.");
    }

    private static bool IsWhole(PSObject peer) => peer.Properties[nameof(WgPeer.PublicKey)] is not null;

    // What had no depth left is one text, with blanks between.
    private static string[] Texts(PSObject bag, string name) => Items(bag, name) is { } items
        ? [.. items.Select(item => $"{item}")]
        : $"{bag.Properties[name]?.Value}".Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Lines(PSObject bag, string name) => Items(bag, name) is { } items
        ? [.. items.Select(item => $"{item}")]
        : $"{bag.Properties[name]?.Value}" is { Length: > 0 } line ? [line] : [];

    private static List<object>? Items(PSObject bag, string name)
    {
        var value = bag.Properties[name]?.Value;
        return (value is PSObject wrapped ? wrapped.BaseObject : value) is IEnumerable and not string and var list ? [.. ((IEnumerable)list).Cast<object>()] : null;
    }
}
