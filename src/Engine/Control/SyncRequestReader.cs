using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Control;

/// <summary>Checks the params of tunnel.sync member by member, before anything is done.</summary>
internal static class SyncRequestReader
{
    private const int SmallestMtu = 576;
    private const int LargestMtu = 65535;

    /// <summary>The keys stay the request's.</summary>
    /// <exception cref="ControlException">InvalidValue.</exception>
    internal static TunnelWish Read(SyncRequest request)
    {
        var mode = request.Mode switch
        {
            SyncModes.Sync => SyncMode.Sync,
            SyncModes.Replace => SyncMode.Replace,
            SyncModes.Append => SyncMode.Append,
            SyncModes.Set => SyncMode.Set,
            _ => throw ControlException.InvalidValue("mode", $"a mode is one of {string.Join(", ", SyncModes.All)}."),
        };
        if (request.PrivateKey is { IsZero: true })
            throw ControlException.InvalidValue("privateKey", "a private key is not all zeros.");
        if (mode == SyncMode.Set && request.Peers is not null)
            throw ControlException.InvalidValue("peers", "mode set is about the tunnel alone; peer.set changes a peer.");
        var (servers, domains) = ReadDns(request.Dns);
        return new TunnelWish
        {
            Mode = mode,
            PrivateKey = request.PrivateKey,
            ListenPort = request.ListenPort is null or (>= 0 and <= ushort.MaxValue)
                ? (ushort?)request.ListenPort
                : throw ControlException.InvalidValue("listenPort", $"{request.ListenPort} is not from 0 to 65535."),
            FwMark = request.FwMark,
            Addresses = request.Addresses?.Select(ReadAddress).Distinct().ToList(),
            DnsServers = servers,
            DnsSearchDomains = domains,
            Mtu = request.Mtu is null or 0 or (>= SmallestMtu and <= LargestMtu)
                ? request.Mtu
                : throw ControlException.InvalidValue("mtu", $"an MTU is from {SmallestMtu} to {LargestMtu} bytes, or 0 to find it."),
            Table = ReadTable(request.Table),
            Peers = ReadPeers(request.Peers ?? []),
        };
    }

    private static InterfaceAddress ReadAddress(string? text, int place)
    {
        var slash = text?.IndexOf('/') ?? -1;
        var digits = slash < 0 ? "" : text![(slash + 1)..];
        if (text is not null && IPText.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            var length = longest;
            if (slash < 0 || (int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= longest))
                return new InterfaceAddress(address, length);
        }

        throw ControlException.InvalidValue($"addresses[{place}]", "an address is ADDRESS/LENGTH, as 10.0.0.1/24 or fd00::1/64.");
    }

    private static (List<IPAddress>? Servers, List<string>? Domains) ReadDns(IReadOnlyList<string>? texts)
    {
        if (texts is null)
            return (null, null);
        List<IPAddress> servers = [];
        List<string> domains = [];
        for (var i = 0; i < texts.Count; i++)
        {
            if (IPText.TryParse(texts[i], out var server))
                servers.Add(server);
            else if (HostName.IsValidSearchDomain(texts[i]))
                domains.Add(texts[i]);
            else
                throw ControlException.InvalidValue($"dns[{i}]", "a name server is an IP address, a search domain a name.");
        }

        return ([.. servers.Distinct()], [.. domains.Distinct()]);
    }

    private static RouteTable? ReadTable(string? text) => text switch
    {
        null => null,
        "auto" => RouteTable.Auto,
        "off" => RouteTable.Off,
        _ when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => new RouteTable(RouteTableKind.Numbered, number),
        _ => throw ControlException.InvalidValue("table", "a table is a number, auto or off."),
    };

    private static List<PeerWish> ReadPeers(IReadOnlyList<PeerChangeRequest> requests)
    {
        var peers = new List<PeerWish>(requests.Count);
        var keys = new HashSet<PublicKey>();
        for (var i = 0; i < requests.Count; i++)
        {
            if (requests[i] is not { } request)
                throw ControlException.InvalidValue($"peers[{i}]", "a peer is an object.");
            var peer = ReadPeer(request, $"peers[{i}].");
            peers.Add(keys.Add(peer.PublicKey) ? peer : throw ControlException.InvalidValue($"peers[{i}].publicKey", "the peer is there twice."));
        }

        return peers;
    }

    private static PeerWish ReadPeer(PeerChangeRequest request, string path)
    {
        try
        {
            var endpoint = request.Endpoint is null ? null : PeerRequestReader.ReadEndpoint(request.Endpoint);
            var change = PeerRequestReader.ToChange(request, default, endpoint);
            return new PeerWish
            {
                PublicKey = change.PublicKey,
                Name = change.Name is "" ? null : change.Name,
                PresharedKey = change.PresharedKey,
                Endpoint = ReadEndpoint(request.Endpoint),
                Address = endpoint,
                PersistentKeepalive = change.PersistentKeepalive,
                AllowedIPs = [.. change.AllowedIPs.Select(a => a.Prefix).Distinct()],
            };
        }
        catch (ControlException failure) when (failure.Member is { } member)
        {
            throw ControlException.InvalidValue(path + member, failure.Message[(failure.Message.IndexOf(':', StringComparison.Ordinal) + 2)..]);
        }
    }

    // Checked already.
    private static HostEndpoint? ReadEndpoint(string? text)
    {
        if (text is null)
            return null;
        var colon = text.LastIndexOf(':');
        return new HostEndpoint(text[..colon].Trim('[', ']'), ushort.Parse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
