using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>Finds the peer that a text means: a public key, or the friendly name that one peer has.</summary>
internal static class PeerChoice
{
    /// <exception cref="WgException">PeerNotFound, InvalidKey.</exception>
    internal static PeerInfo Find(TunnelInfo tunnel, string text)
    {
        try
        {
            var key = PeerArguments.ParsePublicKey(text);
            return tunnel.Peers.FirstOrDefault(peer => peer.PublicKey == key)
                ?? throw new WgException(ErrorIds.PeerNotFound, $"Tunnel '{tunnel.Name}' has no peer {key}.");
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.InvalidKey)
        {
            var named = tunnel.Peers.Where(peer => string.Equals(peer.Name, text, StringComparison.OrdinalIgnoreCase)).ToList();
            return named.Count switch
            {
                1 => named[0],
                0 when KeyLike.IsIn(text) => throw new WgException(e.ErrorId, e.Message, e),
                0 => throw new WgException(ErrorIds.PeerNotFound, $"'{text}' is neither a public key nor the name of a peer of tunnel '{tunnel.Name}'.", e),
                var count => throw new WgException(ErrorIds.PeerNotFound, $"{count} peers of tunnel '{tunnel.Name}' are named '{text}': their public keys tell them apart.", e) { Advice = $"Name the peer by its public key; 'Get-WgPeer {tunnel.Name}' has them." },
            };
        }
    }

    internal static string NameOf(PeerInfo peer) => WgDisplay.Peer(peer.Name, peer.PublicKey);

    internal static string NameOf(TunnelDifference ofPeer) => WgDisplay.Peer(ofPeer.PeerName, ofPeer.Peer ?? "");
}
