using System.Text.RegularExpressions;

namespace WireGuard.Binding;

/// <summary>
/// Keeps keys that came as something else, as lines of a configuration file piped to -Config do, out of errors. May take
/// other texts for keys, but no path to a file that ends with ".conf" unless one of its folders has such a name.
/// </summary>
internal static partial class KeyLike
{
    internal const string Hidden = "(hidden: it looks like a key)";

    /// <summary>The text, or <see cref="Hidden"/>.</summary>
    internal static string Shown(string text) => IsIn(text) ? Hidden : text;

    /// <summary>Shown in quotes, unless it is hidden.</summary>
    internal static string Quoted(string text) => IsIn(text) ? Hidden : $"'{text}'";

    internal static bool IsIn(string text)
    {
        if (Assignment().IsMatch(text) || WholeKey().IsMatch(text))
            return true;
        var trimmed = text.AsSpan().Trim();
        // A slash may be a key's or a folder's: only a text that is nothing else counts with it.
        if (trimmed.Length >= 20 && trimmed[0] != '/' && WholeText().IsMatch(trimmed) && IsMixed(trimmed))
            return true;
        foreach (var run in LongRun().EnumerateMatches(text))
        {
            if (IsMixed(text.AsSpan(run.Index, run.Length)))
                return true;
        }

        return false;
    }

    // Of a key's 43 random characters some are of each kind; names of folders seldom have all three.
    private static bool IsMixed(ReadOnlySpan<char> text) =>
        text.ContainsAnyInRange('a', 'z') && text.ContainsAnyInRange('A', 'Z') && text.ContainsAnyInRange('0', '9');

    [GeneratedRegex(@"(PrivateKey|PresharedKey)\s*=|=\s*[A-Za-z0-9+/]{20}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();

    [GeneratedRegex("[A-Za-z0-9+/]{43}=")]
    private static partial Regex WholeKey();

    [GeneratedRegex("^[A-Za-z0-9+/]+={0,2}$")]
    private static partial Regex WholeText();

    [GeneratedRegex("[A-Za-z0-9+]{20,}")]
    private static partial Regex LongRun();
}
