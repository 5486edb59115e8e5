using System.Globalization;
using System.Net;
using System.Security;

namespace WireGuard.Conversion;

/// <summary>A tunnel as `wg show NAME dump` and `wg show all dump` write it: fields between tabs, the interface's line first.</summary>
internal static class DumpText
{
    private const string None = "(none)";

    // wg(8) writes it where it hides a key; its dump never does.
    private const string Hidden = "(hidden)";

    /// <param name="withName">As `wg show all dump`: each line begins with the tunnel's name.</param>
    internal static IEnumerable<string> Lines(WgTunnel tunnel, bool withName)
    {
        var name = withName ? [tunnel.Name] : Array.Empty<string>();
        yield return string.Join('\t', [.. name, .. Fields(tunnel)]);
        foreach (var peer in tunnel.Peers)
            yield return string.Join('\t', [.. name, .. Fields(peer)]);
    }

    private static string[] Fields(WgTunnel tunnel) =>
    [
        Key(tunnel.PrivateKey, tunnel.PublicKey is not null),
        tunnel.PublicKey ?? None,
        Number(tunnel.ListenPort),
        tunnel.FwMark == 0 ? "off" : string.Create(CultureInfo.InvariantCulture, $"0x{tunnel.FwMark:x}"),
    ];

    private static string[] Fields(WgPeer peer) =>
    [
        peer.PublicKey,
        Key(peer.PresharedKey, peer.HasPresharedKey),
        peer.Endpoint ?? None,
        peer.AllowedIPs.Length == 0 ? None : string.Join(',', peer.AllowedIPs.Select(IPNetwork.Parse).Order(Comparer<IPNetwork>.Create(CompareAsWgGetsThem))),
        Number(peer.LastHandshake?.ToUnixTimeSeconds() ?? 0),
        Number(peer.RxBytes),
        Number(peer.TxBytes),
        peer.PersistentKeepalive == 0 ? "off" : Number(peer.PersistentKeepalive),
    ];

    // IPv4 first, then by address, the shorter prefix first: the order of the UAPI socket. WgPeer's own begins with the longest.
    private static int CompareAsWgGetsThem(IPNetwork x, IPNetwork y)
    {
        var (a, b) = (x.BaseAddress.GetAddressBytes(), y.BaseAddress.GetAddressBytes());
        if (a.Length != b.Length)
            return a.Length.CompareTo(b.Length);
        var addresses = a.AsSpan().SequenceCompareTo(b);
        return addresses != 0 ? addresses : x.PrefixLength.CompareTo(y.PrefixLength);
    }

    private static string Number<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Key(SecureString? key, bool isThere) => key is not null ? Plain(key) : isThere ? Hidden : None;

    private static string Plain(SecureString key) => new NetworkCredential("", key).Password;
}
