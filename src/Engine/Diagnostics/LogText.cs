using System.Globalization;
using System.Text;

namespace WireGuard.Engine.Diagnostics;

/// <summary>Turns a message into what may stand on one line of a log.</summary>
internal static class LogText
{
    /// <summary>A longer message is cut.</summary>
    internal const int MaxLength = 4096;

    /// <summary>
    /// Escapes what could end the line, drive a terminal or turn the reading direction: parts of messages come from
    /// configuration files and from the network.
    /// </summary>
    internal static string Escape(string message)
    {
        if (message.Length <= MaxLength && IsPlain(message))
            return message;
        var escaped = new StringBuilder(Math.Min(message.Length, MaxLength) + 16);
        foreach (var rune in message.EnumerateRunes())
        {
            if (escaped.Length >= MaxLength)
                return escaped.Append("...").ToString();
            Append(escaped, rune);
        }

        return escaped.ToString();
    }

    private static bool IsPlain(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange(' ', '~') < 0;

    private static void Append(StringBuilder escaped, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n':
                escaped.Append("\\n");
                break;
            case '\r':
                escaped.Append("\\r");
                break;
            case '\t':
                escaped.Append("\\t");
                break;
            case var value when IsUnsafe(rune):
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{value:X}}}");
                break;
            default:
                escaped.Append(rune);
                break;
        }
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
