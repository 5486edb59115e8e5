using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that brings running tunnels or their files to something, and tells what that changes; with -WhatIf what it would.</summary>
public abstract class SyncCommand : TunnelCommand
{
    /// <param name="request">Its keys are zeroed afterwards.</param>
    private protected void Sync(string tunnel, string action, SyncRequest request)
    {
        using (request)
        {
            Change(tunnel, action, async (client, dryRun, cancellation) =>
                (await client.SyncAsync(request with { DryRun = dryRun }, cancellation).ConfigureAwait(false)).Changes);
        }
    }

    /// <summary>The dry run of -WhatIf is the engine's own: it tells what would be done to the letter.</summary>
    private protected void Change(string tunnel, string action, Func<EngineClient, bool, CancellationToken, Task<IReadOnlyList<TunnelDifference>>> change)
    {
        var isWanted = ShouldProcess($"{action} '{tunnel}'", $"{action} '{tunnel}'?", "", out var reason);
        if (!isWanted && reason != ShouldProcessReason.WhatIf)
            return;
        foreach (var difference in Ask(tunnel, $"Changing tunnel '{tunnel}'", (client, cancellation) => change(client, !isWanted, cancellation)))
            WriteObject(difference.ToModel(tunnel));
    }
}
