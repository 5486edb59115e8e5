using System.Security.Cryptography;

namespace WireGuard.Api;

/// <summary>The text form of keys: 32 bytes as 44 characters of canonical base64, the last of them '='.</summary>
internal static class KeyText
{
    internal const int Base64Length = 44;

    internal static bool TryDecode(ReadOnlySpan<char> text, Span<byte> key)
    {
        Span<byte> bytes = stackalloc byte[key.Length + 1];
        var good = text.Length == Base64Length && text[^1] == '=' && text[^2] != '='
            && Convert.TryFromBase64Chars(text, bytes, out var written) && written == key.Length
            && IsCanonical(text, bytes[..key.Length]);
        if (good)
            bytes[..key.Length].CopyTo(key);
        CryptographicOperations.ZeroMemory(bytes);
        return good;
    }

    internal static void Decode(ReadOnlySpan<char> text, Span<byte> key, string what)
    {
        if (TryDecode(text, key))
            return;
        throw new FormatException(text.Length == Base64Length
            ? $"The {what} is not valid base64 for {key.Length} bytes."
            : $"The {what} has {text.Length} characters; a key is {Base64Length} characters of base64 ({key.Length} bytes).");
    }

    // The last character before '=' carries four bits only; wg refuses text whose two spare bits are set.
    private static bool IsCanonical(ReadOnlySpan<char> text, ReadOnlySpan<byte> bytes)
    {
        Span<char> again = stackalloc char[Base64Length];
        var good = Convert.TryToBase64Chars(bytes, again, out _) && text.SequenceEqual(again);
        again.Clear();
        return good;
    }
}
