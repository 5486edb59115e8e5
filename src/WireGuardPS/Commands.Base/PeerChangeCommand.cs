using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that changes peers, one a record, in one tunnel or several.</summary>
public abstract class PeerChangeCommand : TunnelCommand
{
    /// <summary>
    /// For each tunnel: ShouldProcess first, then the engine. What it answers is emitted if asked for.
    /// </summary>
    private protected void Change(
        string[] tunnels, string publicKey, string action, bool passThru, Func<EngineClient, CancellationToken, Task<PeerInfo>> change)
    {
        foreach (var target in Resolve(tunnels))
        {
            if (!ShouldProcess($"peer {publicKey} of tunnel '{target.Name}'", action))
                continue;
            try
            {
                var peer = Ask(target.Name, action, change);
                if (passThru)
                    WriteObject(peer.ToPeer(target.Name, DateTimeOffset.UtcNow));
            }
            catch (WgException e) when (e.ErrorId == ErrorIds.TunnelNotFound)
            {
                Report(e, target);
            }
            catch (WgException e)
            {
                WriteError(e, publicKey);
            }
        }
    }
}
