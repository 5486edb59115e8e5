using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that brings running tunnels or their files to something, and tells what that changes; with -WhatIf what it would.</summary>
public abstract class SyncCommand : TunnelCommand
{
    /// <param name="action">What is done, as in "What if: ...".</param>
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
        // Looked up before it is said what would be done: that may be nothing.
        var foreseen = this.IsWhatIf() ? Carry(dryRun: true) : null;
        if (foreseen is { Count: 0 })
            action = $"Leave tunnel '{tunnel}' as it is: there is nothing to change";
        var isWanted = ShouldProcess(action, $"{action}?", "", out var reason);
        if (!isWanted && reason != ShouldProcessReason.WhatIf)
            return;
        foreach (var difference in isWanted ? Carry(dryRun: false) : foreseen ?? Carry(dryRun: true))
            WriteObject(difference.ToModel(tunnel));

        IReadOnlyList<TunnelDifference> Carry(bool dryRun) => Ask(tunnel, $"Changing tunnel '{tunnel}'", (client, cancellation) => change(client, dryRun, cancellation));
    }
}
