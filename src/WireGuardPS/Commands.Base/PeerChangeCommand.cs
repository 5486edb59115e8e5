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
                    WriteWarning($"{prefix} was {PeerChoice.NameOf(from)}'s and is now {PeerChoice.NameOf(answer)}'s, in tunnel '{target.Name}'.");
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

    private protected string KeyOf(string tunnel, string peer)
    {
        try
        {
            return PeerArguments.ParsePublicKey(peer);
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.InvalidKey)
        {
            return PeerChoice.Find(GetTunnel(tunnel), peer).PublicKey;
        }
    }
}
