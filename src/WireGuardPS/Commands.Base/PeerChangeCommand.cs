using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// A cmdlet that changes peers, one a record, in one tunnel or several, and emits what that changes; with -WhatIf what it would.
/// </summary>
public abstract class PeerChangeCommand : TunnelCommand
{
    private readonly HashSet<string> _doubted = new(StringComparer.Ordinal);

    /// <param name="publicKey">Canonical base64.</param>
    /// <param name="dryRun">Nothing is done; the answer is the one that there would be.</param>
    private protected delegate Task<PeerInfo> PeerChange(EngineClient client, string publicKey, bool dryRun, CancellationToken cancellation);

    /// <summary>For each tunnel: ShouldProcess first, then the engine.</summary>
    /// <param name="peer">Public key, or the friendly name that one peer of the tunnel has.</param>
    /// <param name="passThru">The peer is emitted instead of what has changed.</param>
    /// <param name="doubtIfServed">What to warn of once where others join the tunnel; null: nothing.</param>
    private protected void Change(string[] tunnels, string peer, string action, bool passThru, PeerChange change, string? doubtIfServed = null)
    {
        foreach (var target in Resolve(tunnels))
        {
            try
            {
                var key = KeyOf(target.Name, peer);
                // The engine's own dry run: it tells to the letter what there would be, and what would be refused.
                var foreseen = this.IsWhatIf() ? AskNamingTunnel(target.Name, key, action, dryRun: true, change) : null;
                var what = foreseen is { Changes.Count: 0 } ? "Leave as it is: there is nothing to change" : action;
                if (ShouldProcess($"peer {(key == peer.Trim() ? key : $"'{peer}' ({key})")} of tunnel '{target.Name}'", what))
                {
                    Emit(target.Name, AskNamingTunnel(target.Name, key, action, dryRun: false, change), passThru);
                    if (doubtIfServed is not null && _doubted.Add(target.Name) && IsServed(target.Name))
                        WriteWarning($"Tunnel '{target.Name}' is one that others join: {doubtIfServed}");
                }
                else if (foreseen is not null)
                {
                    Emit(target.Name, foreseen, passThru: false);
                }
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

    private void Emit(string tunnel, PeerInfo answer, bool passThru)
    {
        var changes = answer.Changes ?? [];
        foreach (var lost in changes.Where(change => change is { Property: "AllowedIP", Kind: TunnelDifference.Removed } && change.Peer != answer.PublicKey))
            WriteWarning($"{lost.From} {(this.IsWhatIf() ? "is" : "was")} {PeerChoice.NameOf(lost)}'s and {(this.IsWhatIf() ? "would be" : "is now")} {PeerChoice.NameOf(answer)}'s, in tunnel '{tunnel}'.");
        if (passThru)
        {
            WriteObject(answer.ToPeer(tunnel, DateTimeOffset.UtcNow));
            return;
        }

        foreach (var change in changes)
            WriteObject(change.ToModel(tunnel));
    }

    // All other tunnels are told from these without the question, which has all peers in its answer.
    private bool IsServed(string tunnel) => ServedLocation.Exists(tunnel) && GetTunnel(tunnel).Served;

    private TunnelInfo GetTunnel(string tunnel) =>
        Ask(tunnel, "Asking the tunnel", (client, cancellation) => client.GetTunnelAsync(false, cancellation));

    // The engine knows one tunnel only and does not name it.
    private PeerInfo AskNamingTunnel(string tunnel, string key, string action, bool dryRun, PeerChange change)
    {
        try
        {
            return Ask(tunnel, action, (client, cancellation) => change(client, key, dryRun, cancellation));
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.PeerNotFound)
        {
            throw new WgException(e.ErrorId, $"Tunnel '{tunnel}' has no peer {key}.", e);
        }
        catch (WgException e) when (e.ErrorId == ErrorIds.PeerExists)
        {
            // What differs is in the engine's words.
            var differs = e.Message.IndexOf(", with ", StringComparison.Ordinal);
            throw new WgException(e.ErrorId, $"Tunnel '{tunnel}' has the peer {key} already{(differs < 0 ? "." : e.Message[differs..])}", e);
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
