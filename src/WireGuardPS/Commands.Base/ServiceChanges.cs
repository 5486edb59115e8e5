using System.Management.Automation;
using WireGuard.Api;

namespace WireGuard.Commands;

/// <summary>What the engine tells of a service that it has changed.</summary>
internal static class ServiceChanges
{
    internal static void Write(PSCmdlet cmdlet, string tunnel, (IReadOnlyList<TunnelDifference> Changes, string Said) outcome)
    {
        foreach (var line in outcome.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            cmdlet.WriteWarning(line);
        foreach (var change in outcome.Changes)
            cmdlet.WriteObject(change.ToModel(tunnel));
    }
}
