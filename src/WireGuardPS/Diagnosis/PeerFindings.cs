using System.Net;
using WireGuard.Api;

namespace WireGuard.Diagnosis;

/// <summary>What was found out about the way to a peer, besides what the engine tells; null: it could not be.</summary>
/// <param name="Name">The host name that the file has for its endpoint.</param>
/// <param name="Addresses">Where that name leads now.</param>
/// <param name="PathMtu">Bytes that fit through to its endpoint.</param>
internal sealed record PeerPath(string? Name = null, IReadOnlyList<IPAddress>? Addresses = null, int? PathMtu = null);

/// <summary>What is found about one peer.</summary>
internal static class PeerFindings
{
    // One may be under way, and one may be lost.
    private const int TooManyUnanswered = 3;

    // Bytes of UDP payload (whitepaper, section 5.4.2).
    private const int InitiationSize = 148;

    // UDP header, message header and tag (whitepaper, section 5.4.6); the outer IP header comes to it.
    private const int Overhead = 8 + 16 + 16;

    internal static IEnumerable<WgFinding> Of(TunnelInfo tunnel, PeerInfo peer, PeerPath path, DateTimeOffset now)
    {
        var age = Snapshots.Age(peer.LastHandshake, now);
        if (age > WgPeer.StaleAfter)
        {
            if (Silence(peer, age) is var (severity, id, message, action))
                yield return Finding(tunnel, peer, severity, id, message, action);
            if (LeadsElsewhere(peer, path) is { } elsewhere)
                yield return Finding(tunnel, peer, FindingIds.Warning, FindingIds.StaleName, elsewhere, $"Wait for the engine to look the name up again (a peer that is spoken to, within minutes), or Set-WgPeer {tunnel.Name} -Endpoint.");
        }

        if (path.PathMtu is { } fits && MostThatFits(peer, fits) is var most && tunnel.Mtu > most)
            yield return Finding(tunnel, peer, FindingIds.Warning, FindingIds.MtuTooLarge, $"Packets of {tunnel.Mtu} bytes do not fit: the way to {peer.Endpoint} takes {fits}, which leaves {most}.", $"Set-WgTunnel {tunnel.Name} -Mtu {most}");
    }

    private static (string Severity, string Id, string Message, string Action)? Silence(PeerInfo peer, TimeSpan age)
    {
        var hasSpoken = peer.LastHandshake is not null;
        if (peer.RefusedResponses > 0)
            return (FindingIds.Error, FindingIds.OtherPresharedKey, "It answers, but not with the preshared key that is set here.", "Give both ends the same PresharedKey, or neither; New-WgPresharedKey makes one.");
        if (peer.UnansweredHandshakes >= TooManyUnanswered || (!hasSpoken && peer.TxBytes >= TooManyUnanswered * InitiationSize))
        {
            return hasSpoken
                ? (FindingIds.Error, FindingIds.NoReply, $"It does not answer any more at {peer.Endpoint}; the last handshake was {WgDisplay.Age(age)} ago.",
                    "See whether the other end runs and has another address now, and whether a firewall lets UDP pass both ways.")
                : (FindingIds.Error, FindingIds.NoReply, $"It has never answered at {peer.Endpoint}.",
                    "Is the address the other end's and the port its ListenPort? Does its firewall let UDP in? Do both ends have the right PublicKey? Test-WgTunnel over there tells the last.");
        }

        if (peer.Endpoint is null)
            return (FindingIds.Warning, FindingIds.NoEndpoint, "It has no endpoint and has not spoken yet: nothing can be sent to it.", "One of the two ends needs the other's Endpoint; the other one needs a ListenPort that a firewall lets in.");
        if (!hasSpoken && peer.TxBytes > 0)
            return (FindingIds.Warning, FindingIds.NoReply, $"It has not answered yet at {peer.Endpoint}.", "Wait some seconds and test again.");
        if (!hasSpoken)
            return (FindingIds.Warning, FindingIds.NotSpokenTo, "There has been no handshake, as nothing has been sent to it.", "Send something, as ping does, or set PersistentKeepalive.");
        return null;
    }

    private static string? LeadsElsewhere(PeerInfo peer, PeerPath path)
    {
        if (path is not { Name: { } name, Addresses: { Count: > 0 } addresses } || !IPEndPoint.TryParse(peer.Endpoint ?? "", out var endpoint))
            return null;
        return addresses.Contains(endpoint.Address) ? null : $"{name} leads to {string.Join(", ", addresses)} now, and the tunnel sends to {endpoint.Address}.";
    }

    private static int MostThatFits(PeerInfo peer, int fits) => fits - Overhead - (peer.Endpoint?.StartsWith('[') == true ? 40 : 20);

    private static WgFinding Finding(TunnelInfo tunnel, PeerInfo peer, string severity, string id, string message, string action) => new()
    {
        Tunnel = tunnel.Name,
        Severity = severity,
        Id = id,
        Peer = peer.PublicKey,
        PeerName = string.IsNullOrEmpty(peer.Name) ? null : peer.Name,
        Message = message,
        RecommendedAction = action,
    };
}
