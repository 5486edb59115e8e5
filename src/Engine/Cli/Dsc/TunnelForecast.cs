using System.Globalization;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>What would come of bringing a tunnel to a desired state. Null: only the start itself would tell.</summary>
internal static class TunnelForecast
{
    /// <param name="tunnel">As it is.</param>
    /// <param name="changes">What the engine says it would change.</param>
    public static DscTunnel OfChange(DscTunnel desired, DscTunnel actual, TunnelInfo tunnel, IReadOnlyList<TunnelDifference> changes)
    {
        // A default route has a mark chosen.
        uint? unmarked = tunnel.Peers.Any(peer => peer.AllowedIPs.Any(prefix => prefix.EndsWith("/0", StringComparison.Ordinal))) ? null : 0;
        var mtu = changes.FirstOrDefault(change => change.Property == "Mtu")?.To;
        return actual with
        {
            PublicKey = PublicKeyOf(desired, actual.PublicKey),
            ListenPort = desired.ListenPort is > 0 and var port ? port : actual.ListenPort,
            FwMark = desired.FwMark is > 0 and var mark ? mark : changes.Any(change => change.Property == "FwMark") ? unmarked : actual.FwMark,
            Mtu = mtu is null ? actual.Mtu : int.Parse(mtu, NumberStyles.None, CultureInfo.InvariantCulture),
            Addresses = AddressesOf(desired) ?? actual.Addresses,
        };
    }

    /// <exception cref="StartException">The file is not there, or has errors.</exception>
    public static DscTunnel OfStart(DscTunnel desired, string path)
    {
        using var config = TunnelFile.Read(path, out _);
        var file = config.Interface;
        var marks = config.Peers.Any(peer => peer.AllowedIPs.Any(prefix => prefix.PrefixLength == 0)) && file.Table.Kind != RouteTableKind.Off;
        return new DscTunnel
        {
            Name = desired.Name,
            Exist = true,
            ConfigPath = path,
            PublicKey = PublicKeyOf(desired, file.PrivateKey is { } key ? TunnelResource.PublicKeyOf(key) : null),
            ListenPort = desired.ListenPort is > 0 and var port ? port : file.ListenPort is > 0 and var written ? written : null,
            FwMark = (desired.FwMark ?? file.FwMark) is > 0 and var mark ? mark : marks ? null : 0,
            Mtu = desired.Mtu is null ? file.Mtu : desired.Mtu is > 0 and var mtu ? mtu : null,
            Addresses = AddressesOf(desired) ?? [.. file.Addresses.Select(address => address.ToString())],
        };
    }

    private static string? PublicKeyOf(DscTunnel desired, string? otherwise) => desired.PrivateKey is { } key ? TunnelResource.PublicKeyOf(key) : otherwise;

    // As the engine writes them.
    private static IReadOnlyList<string>? AddressesOf(DscTunnel desired) => desired.Addresses is null
        ? null
        : [.. SyncRequestReader.Read(new SyncRequest { Mode = SyncModes.Set, Addresses = desired.Addresses }).Addresses!.Select(address => address.ToString())];
}
