namespace WireGuard.Tests.HostNetwork;

/// <summary>All of a namespace that a tunnel may change, as text, to be compared.</summary>
internal static class HostPicture
{
    public static string Take(NetworkNamespace netns)
    {
        string[][] questions =
        [
            ["ip", "-4", "rule", "show"],
            ["ip", "-6", "rule", "show"],
            ["ip", "-4", "route", "show", "table", "all"],
            ["ip", "-6", "route", "show", "table", "all"],
            ["ip", "-brief", "address", "show"],
            ["nft", "list", "ruleset"],
            ["sysctl", "net.ipv4.conf"],
            ["sysctl", "-a", "-r", @"net\.ipv6\.conf\..*\.(forwarding|force_forwarding|accept_ra)$"],
        ];
        return string.Join('\n', questions.Select(q => $"# {string.Join(' ', q)}\n{WithoutLinkLocal(netns.Run(q[0], q[1..]).Output)}"));
    }

    // The kernel makes those of a new link by itself, a second or two later.
    private static string WithoutLinkLocal(string text) => string.Join('\n', text.Split('\n')
        .Where(line => !line.StartsWith("fe80:", StringComparison.Ordinal) && !line.StartsWith("local fe80:", StringComparison.Ordinal))
        .Select(line => line.Contains("fe80::", StringComparison.Ordinal) ? line[..line.IndexOf("fe80::", StringComparison.Ordinal)].TrimEnd() : line.TrimEnd()));

    public static string[] Rules(NetworkNamespace netns, string family = "-4") =>
        [.. netns.Run("ip", family, "rule", "show").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace('\t', ' ').Trim())];

    public static string Firewall(NetworkNamespace netns) => netns.Run("nft", "list", "ruleset").Output;

    /// <summary>As <see cref="Firewall"/>, whichever table was made first.</summary>
    public static string Tables(NetworkNamespace netns) => string.Join("\n}\n", Firewall(netns).Split("\n}\n", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    public static string SourceValidMark(NetworkNamespace netns) => netns.Run("sysctl", "-n", "net.ipv4.conf.all.src_valid_mark").Output.Trim();
}
