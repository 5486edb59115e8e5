using System.Globalization;
using System.Text;

namespace WireGuard.Configuration;

/// <summary>Text from a file as messages may repeat it: short, on one line, and never with a key in it.</summary>
internal static class ShownText
{
    private const int MaxLength = 60;

    // A key put into the wrong line is 43 base64 digits in a row, a damaged or cut one somewhat fewer; no part of an
    // address, and hardly a part of a host name, is this long.
    private const int SecretRun = 20;

    internal static string Quote(ReadOnlySpan<char> text)
    {
        if (MayHoldKey(text))
            return "(hidden: it looks like a key)";
        var shown = new StringBuilder("'", MaxLength + 8);
        foreach (var rune in text.Length > MaxLength ? text[..MaxLength].EnumerateRunes() : text.EnumerateRunes())
            shown.Append(IsPrintable(rune) ? rune.ToString() : "?");
        return shown.Append(text.Length > MaxLength ? "...'" : "'").ToString();
    }

    /// <summary>The whole text, on one line and in its own direction: what could move a cursor or turn a line is written as \u{202E}.</summary>
    internal static string Escaped(string text)
    {
        if (text.EnumerateRunes().All(IsPrintable))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
            shown.Append(IsPrintable(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}"));
        return shown.ToString();
    }

    /// <summary>Whether some part of the text is as long a run of base64 or hexadecimal digits as only keys have.</summary>
    internal static bool MayHoldKey(ReadOnlySpan<char> text)
    {
        var run = 0;
        foreach (var c in text)
        {
            run = char.IsAsciiLetterOrDigit(c) || c is '+' or '/' ? run + 1 : 0;
            if (run >= SecretRun)
                return true;
        }

        return false;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
