using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that changes peers, one a record, in one tunnel or several.</summary>
public abstract class PeerChangeCommand : TunnelCommand
{
    private readonly Dictionary<string, AllowedIPOwners> _owners = new(StringComparer.Ordinal);

    /// <param name="publicKey">Canonical base64.</param>
    private protected delegate Task<PeerInfo> PeerChange(EngineClient client, string publicKey, CancellationToken cancellation);

    /// <summary>
    /// For each tunnel: ShouldProcess first, then the engine. What it answers is emitted if asked for.
    /// </summary>
    /// <param name="peer">Public key, or the friendly name that one peer of the tunnel has.</param>
    /// <param name="mayTakePrefixes">Whether prefixes may come to the peer that were another's; each is warned of.</param>
    private protected void Change(string[] tunnels, string peer, string action, bool passThru, bool mayTakePrefixes, PeerChange change)
    {
        foreach (var target in Resolve(tunnels))
        {
            try
            {
                var key = KeyOf(target.Name, peer);
                if (!ShouldProcess($"peer {(key == peer.Trim() ? key : $"'{peer}' ({key})")} of tunnel '{target.Name}'", action))
                    continue;
                var owners = mayTakePrefixes ? OwnersIn(target.Name) : null;
                var answer = AskNamingTunnel(target.Name, key, action, change);
                foreach (var (prefix, from) in owners?.Update(answer) ?? [])
                    WriteWarning($"{prefix} was {NameOf(from)}'s and is now {NameOf(answer)}'s, in tunnel '{target.Name}'.");
                if (passThru)
                    WriteObject(answer.ToPeer(target.Name, DateTimeOffset.UtcNow));
            }
            catch (WgException e) when (e.ErrorId == ErrorIds.TunnelNotFound)
            {
                Report(e, target);
            }
            catch (WgException e)
            {
                WriteError(e, peer);
            }
        }
    }

    private static string NameOf(PeerInfo peer) => string.IsNullOrEmpty(peer.Name) ? WgDisplay.Key(peer.PublicKey) : peer.Name;

    private AllowedIPOwners OwnersIn(string tunnel)
    {
        if (!_owners.TryGetValue(tunnel, out var owners))
            _owners[tunnel] = owners = new AllowedIPOwners(GetTunnel(tunnel).Peers);
        return owners;
    }

    private TunnelInfo GetTunnel(string tunnel) =>
        Ask(tunnel, "Asking the tunnel", (client, cancellation) => client.GetTunnelAsync(false, cancellation));

    // The engine knows one tunnel only and does not name it.
    private PeerInfo AskNamingTunnel(string tunnel, string key, string action, PeerChange change)
    {
        try
        {
            return Ask(tunnel, action, (client, cancellation) => change(client, key, cancellation));
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.PeerNotFound)
        {
            throw new WgException(e.ErrorId, $"Tunnel '{tunnel}' has no peer {key}.", e);
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.PeerExists)
        {
            throw new WgException(e.ErrorId, $"Tunnel '{tunnel}' has the peer {key} already.", e);
        }
    }

    private string KeyOf(string tunnel, string peer)
    {
        try
        {
            return PeerArguments.ParsePublicKey(peer);
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.InvalidKey)
        {
            var named = GetTunnel(tunnel).Peers.Where(p => string.Equals(p.Name, peer, StringComparison.OrdinalIgnoreCase)).ToList();
            return named.Count switch
            {
                1 => named[0].PublicKey,
                0 when KeyLike.IsIn(peer) => throw new WgException(e.ErrorId, e.Message, e),
                0 => throw new WgException(ErrorIds.PeerNotFound, $"'{peer}' is neither a public key nor the name of a peer of tunnel '{tunnel}'.", e),
                var count => throw new WgException(ErrorIds.PeerNotFound, $"{count} peers of tunnel '{tunnel}' are named '{peer}': their public keys tell them apart.", e),
            };
        }
    }
}
