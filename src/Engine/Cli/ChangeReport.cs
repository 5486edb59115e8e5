using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Engine.Cli;

/// <summary>Writes what a sync has changed, or would change, a line each: "+", "-" or "~", and what.</summary>
public static class ChangeReport
{
    public static void Write(TextWriter output, string tunnel, IReadOnlyList<TunnelDifference> changes, bool dryRun)
    {
        if (changes.Count == 0)
            output.WriteLine($"{tunnel}: nothing to change.");
        foreach (var change in changes)
            output.WriteLine($"{Sign(change.Kind)} {change.Property}{Values(change)}{(change.Peer is { } peer && change.Property != "Peer" ? $" (peer {ShownText.Escaped(change.PeerName ?? peer)})" : "")}");
        if (changes.Count > 0 && dryRun)
            output.WriteLine($"{tunnel}: nothing was changed, this is what would be.");
    }

    private static char Sign(string kind) => kind switch
    {
        TunnelDifference.Added => '+',
        TunnelDifference.Removed => '-',
        _ => '~',
    };

    // Among them are names.
    private static string Values(TunnelDifference change) => (change.From, change.To) switch
    {
        (null, null) => "",
        ({ } from, { } to) => $" {ShownText.Escaped(from)} -> {ShownText.Escaped(to)}",
        var (from, to) => $" {ShownText.Escaped(from ?? to!)}",
    };
}
