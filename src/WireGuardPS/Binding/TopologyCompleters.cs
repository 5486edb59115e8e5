using System.Collections;
using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>Names of the hosts in the topology file that was named.</summary>
internal sealed class TopologyHostCompleter : Completer
{
    private protected override IReadOnlyList<Candidate> Candidates(CompletionSource source, IDictionary bound) =>
        PathOf(bound["Path"] ?? bound["LiteralPath"]) is { } path ? source.TopologyHosts(path) : [];

    // Only PowerShell knows where its location is, and tells by completing the whole path.
    private static string? PathOf(object? given)
    {
        if ((given as string ?? (given as object[])?.FirstOrDefault() as string) is not { Length: > 0 } text)
            return null;
        try
        {
            return CompletionCompleters.CompleteFilename(text).FirstOrDefault(found => found.ListItemText == Path.GetFileName(text))?.ToolTip;
        }
        catch (Exception)
        {
            // As everywhere in completion: whatever goes wrong, there is just nothing to offer.
            return null;
        }
    }
}
