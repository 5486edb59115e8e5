using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that brings running tunnels to something, and tells what that changes; with -WhatIf what it would.</summary>
public abstract class SyncCommand : TunnelCommand
{
    /// <summary>The dry run of -WhatIf is the engine's own: it tells what would be done to the letter.</summary>
    /// <param name="request">Its keys are zeroed afterwards.</param>
    private protected void Sync(string tunnel, string action, SyncRequest request)
    {
        using (request)
        {
            var isWanted = ShouldProcess($"{action} '{tunnel}'", $"{action} '{tunnel}'?", "", out var reason);
            if (!isWanted && reason != ShouldProcessReason.WhatIf)
                return;
            var asked = request with { DryRun = !isWanted };
            var result = Ask(tunnel, $"Changing tunnel '{tunnel}'", (client, cancellation) => client.SyncAsync(asked, cancellation));
            foreach (var change in result.Changes)
                WriteObject(change.ToModel(tunnel));
        }
    }
}
