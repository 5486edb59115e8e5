using System.Diagnostics.CodeAnalysis;

namespace WireGuard.Configuration;

/// <summary>
/// A peer's friendly name, which lives in a comment, "# Name = laptop": wg(8) has no key for it.
/// </summary>
public static class FriendlyName
{
    public const int MaxLength = 255;

    /// <summary>
    /// Trims a name and says whether a file can hold it: not empty, at most <see cref="MaxLength"/> characters, no
    /// control characters.
    /// </summary>
    public static bool TryNormalize(string? text, [NotNullWhen(true)] out string? name)
    {
        name = text?.Trim();
        if (name is { Length: > 0 and <= MaxLength } && !name.Any(char.IsControl))
            return true;
        name = null;
        return false;
    }

    /// <summary>Finds the name in a comment line that begins with '#'; false when the comment is about something else.</summary>
    internal static bool TryFindInComment(ReadOnlySpan<char> comment, out ReadOnlySpan<char> name)
    {
        name = default;
        var text = comment.TrimStart('#').TrimStart();
        if (!text.StartsWith("Name", StringComparison.OrdinalIgnoreCase))
            return false;
        text = text["Name".Length..].TrimStart();
        if (text.IsEmpty || text[0] != '=')
            return false;
        name = text[1..].Trim();
        return !name.IsEmpty;
    }
}
