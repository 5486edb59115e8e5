using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace WireGuard.Engine.Enrollment;

/// <summary>What a client calls itself: 1 to 63 bytes of UTF-8 without control and format characters, no blank at either end.</summary>
internal static class PeerName
{
    internal const int MaxBytes = 63;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static bool IsValid([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= MaxBytes } && TryEncode(name) is { Length: <= MaxBytes } bytes && TryRead(bytes, out _);

    internal static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (bytes.Length is 0 or > MaxBytes)
            return false;
        try
        {
            var text = s_strict.GetString(bytes);
            // Line ends of Unicode and marks that turn the direction of a line would let a name forge a list that it is shown in.
            if (text.EnumerateRunes().Any(IsForbidden))
                return false;
            // Two names that look alike.
            if (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
                return false;
            name = text;
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool IsForbidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static byte[]? TryEncode(string name)
    {
        try
        {
            return s_strict.GetBytes(name);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
