using System.Management.Automation;
using WireGuard.Api;

namespace WireGuard.Commands;

/// <summary>Has the engine change services, and tells what it has changed; with -WhatIf what it would, by a dry run of the engine's own.</summary>
internal static class ServiceChanges
{
    internal delegate (IReadOnlyList<TunnelDifference> Changes, string Said) Run(IReadOnlyList<string> arguments);

    /// <param name="action">What is done, as in "What if: ...".</param>
    /// <param name="arguments">Of the engine's `service`.</param>
    internal static void Carry(PSCmdlet cmdlet, string tunnel, string action, IReadOnlyList<string> arguments, Run run)
    {
        // Looked up before it is said what would be done: that may be nothing. The dry run reads files and asks systemd what is active.
        var isWhatIf = cmdlet.IsWhatIf();
        (IReadOnlyList<TunnelDifference> Changes, string Said)? foreseen = isWhatIf ? run([.. arguments, "--dry-run"]) : null;
        if (foreseen is { Changes: [] })
            action = $"Leave the service of tunnel '{tunnel}' as it is: there is nothing to change";
        if (!cmdlet.ShouldProcess(action, $"{action}?", "") && !isWhatIf)
            return;
        var (changes, said) = foreseen ?? run(arguments);
        foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            cmdlet.WriteWarning(line);
        foreach (var change in changes)
            cmdlet.WriteObject(change.ToModel(tunnel));
    }
}
