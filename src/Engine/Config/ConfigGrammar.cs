namespace WireGuard.Configuration;

internal enum ConfigSection
{
    None,
    Interface,
    Peer,

    /// <summary>A section whose name is not known; its lines are passed over.</summary>
    Unknown,
}

/// <param name="Name">As written canonically.</param>
/// <param name="Repeats">May come more than once in its section.</param>
/// <param name="IsHook">The value is a shell command: it keeps its '#'.</param>
internal sealed record ConfigKey(string Name, ConfigSection Section, bool Repeats = false, bool IsHook = false);

/// <summary>The keys of wg(8) and wg-quick(8), with the section that each belongs to.</summary>
internal static class ConfigGrammar
{
    // A misspelt word further away than this is more likely another word.
    private const int MaxDistance = 2;

    internal static readonly ConfigKey[] Keys =
    [
        new("PrivateKey", ConfigSection.Interface),
        new("ListenPort", ConfigSection.Interface),
        new("FwMark", ConfigSection.Interface),
        new("Address", ConfigSection.Interface, Repeats: true),
        new("DNS", ConfigSection.Interface, Repeats: true),
        new("MTU", ConfigSection.Interface),
        new("Table", ConfigSection.Interface),
        new("PreUp", ConfigSection.Interface, Repeats: true, IsHook: true),
        new("PostUp", ConfigSection.Interface, Repeats: true, IsHook: true),
        new("PreDown", ConfigSection.Interface, Repeats: true, IsHook: true),
        new("PostDown", ConfigSection.Interface, Repeats: true, IsHook: true),
        new("SaveConfig", ConfigSection.Interface),
        new("PublicKey", ConfigSection.Peer),
        new("PresharedKey", ConfigSection.Peer),
        new("AllowedIPs", ConfigSection.Peer, Repeats: true),
        new("Endpoint", ConfigSection.Peer),
        new("PersistentKeepalive", ConfigSection.Peer),
    ];

    private static readonly string[] SectionNames = ["Interface", "Peer"];

    internal static ConfigKey? Find(ReadOnlySpan<char> name)
    {
        foreach (var key in Keys)
        {
            if (name.Equals(key.Name, StringComparison.OrdinalIgnoreCase))
                return key;
        }

        return null;
    }

    internal static ConfigSection FindSection(ReadOnlySpan<char> name) =>
        name.Equals("Interface", StringComparison.OrdinalIgnoreCase) ? ConfigSection.Interface
        : name.Equals("Peer", StringComparison.OrdinalIgnoreCase) ? ConfigSection.Peer
        : ConfigSection.Unknown;

    /// <summary>The key that a misspelt one was probably meant to be, or null; those of <paramref name="section"/> come first.</summary>
    internal static ConfigKey? NearestKey(ReadOnlySpan<char> name, ConfigSection section)
    {
        ConfigKey? best = null;
        var bestDistance = MaxDistance + 1;
        foreach (var key in Keys)
        {
            var distance = Distance(name, key.Name);
            if (distance < bestDistance || (distance == bestDistance && best is not null && best.Section != section && key.Section == section))
                (best, bestDistance) = (key, distance);
        }

        return bestDistance < name.Length ? best : null;
    }

    internal static string? NearestSection(ReadOnlySpan<char> name)
    {
        foreach (var known in SectionNames)
        {
            if (Distance(name, known) is var distance && distance <= MaxDistance && distance < name.Length)
                return known;
        }

        return null;
    }

    /// <summary>Levenshtein distance, case ignored; anything clearly too far is <see cref="MaxDistance"/> + 1.</summary>
    internal static int Distance(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (Math.Abs(left.Length - right.Length) > MaxDistance)
            return MaxDistance + 1;
        Span<int> row = stackalloc int[right.Length + 1];
        for (var column = 0; column < row.Length; column++)
            row[column] = column;
        for (var line = 1; line <= left.Length; line++)
        {
            var diagonal = row[0];
            row[0] = line;
            for (var column = 1; column < row.Length; column++)
            {
                var same = char.ToLowerInvariant(left[line - 1]) == char.ToLowerInvariant(right[column - 1]);
                var cost = Math.Min(Math.Min(row[column], row[column - 1]) + 1, diagonal + (same ? 0 : 1));
                (diagonal, row[column]) = (row[column], cost);
            }
        }

        return row[^1];
    }
}
