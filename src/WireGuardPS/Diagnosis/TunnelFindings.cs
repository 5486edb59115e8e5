using WireGuard.Api;

namespace WireGuard.Diagnosis;

/// <summary>What is found about a tunnel as a whole.</summary>
internal static class TunnelFindings
{
    // Clocks of one machine agree; less than that is the time that the answer took.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    /// <summary>Nothing else is told of it: what is missing may still come.</summary>
    internal static WgFinding Starting(string tunnel) => Error(
        tunnel, FindingIds.Starting, "It is still starting; names of endpoints that cannot be looked up can take minutes.", "Wait until Get-WgTunnel shows that it is up; its log says what it waits for.");

    internal static IEnumerable<WgFinding> Of(TunnelInfo tunnel, DateTimeOffset now)
    {
        if (!tunnel.IsUp)
            yield return Error(tunnel, FindingIds.LinkDown, "The link is down: its sockets are closed.", $"ip link set {tunnel.Name} up");
        if (tunnel.PublicKey is null)
            yield return Error(tunnel, FindingIds.NoPrivateKey, "No private key is set, without which nobody can be reached.", $"Set-WgTunnel {tunnel.Name} -PrivateKey");
        if (tunnel.Peers.Count == 0)
            yield return Warning(tunnel, FindingIds.NoPeer, "There are no peers to speak to.", $"Add-WgPeer {tunnel.Name}");
        if (tunnel.StartedAt > now + Slack || tunnel.Peers.Any(peer => peer.LastHandshake > now + Slack))
            yield return Warning(tunnel, FindingIds.Clock, "The clock was set back while the tunnel ran: a start or handshake lies in the future.", "Set the clock; peers refuse handshakes that are dated before ones that they have seen, when the engine starts anew.");
        if (tunnel.ForeignMessages > 0)
            yield return Warning(tunnel, FindingIds.WrongPublicKey, $"{Times(tunnel.ForeignMessages)} somebody meant another public key than this tunnel's, {tunnel.PublicKey}.", "Compare it with the PublicKey in the other end's file; LOG_LEVEL=verbose tells from where they come.");
        if (tunnel.UnknownInitiations > 0)
            yield return Warning(tunnel, FindingIds.UnknownPeer, $"{Times(tunnel.UnknownInitiations)} somebody began a handshake with a key that no peer here has.", "The tunnel's log names the key: Add-WgPeer, or correct the PublicKey of the peer that it belongs to.");
    }

    internal static WgFinding Error(string tunnel, string id, string message, string action) => Of(tunnel, FindingIds.Error, id, message, action);

    private static WgFinding Error(TunnelInfo tunnel, string id, string message, string action) => Of(tunnel.Name, FindingIds.Error, id, message, action);

    private static WgFinding Warning(TunnelInfo tunnel, string id, string message, string action) => Of(tunnel.Name, FindingIds.Warning, id, message, action);

    private static WgFinding Of(string tunnel, string severity, string id, string message, string action) =>
        new() { Tunnel = tunnel, Severity = severity, Id = id, Message = message, RecommendedAction = action };

    private static string Times(long count) => count == 1 ? "Once" : $"{count} times";
}
