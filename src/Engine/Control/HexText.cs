using System.Security.Cryptography;
using WireGuard.Api;

namespace WireGuard.Engine.Control;

/// <summary>
/// Keys as UAPI writes them: 64 hexadecimal digits. Neither way has a branch or a table that depends on the digits, so
/// a key leaves no trace in caches or timing.
/// </summary>
internal static class HexText
{
    internal const int KeyLength = 64;

    internal static bool TryReadSecretKey(ReadOnlySpan<byte> text, out SecretKey? key)
    {
        Span<byte> bytes = stackalloc byte[SecretKey.Size];
        key = TryRead(text, bytes) ? new SecretKey(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key is not null;
    }

    internal static bool TryReadPublicKey(ReadOnlySpan<byte> text, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[PublicKey.Size];
        var good = TryRead(text, bytes);
        key = good ? new PublicKey(bytes) : default;
        return good;
    }

    /// <summary>Writes lower-case digits, two a byte.</summary>
    internal static void Write(ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            text[2 * i] = Digit(bytes[i] >> 4);
            text[2 * i + 1] = Digit(bytes[i] & 15);
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        if (text.Length != 2 * bytes.Length)
            return false;
        var bad = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var high = Value(text[2 * i]);
            var low = Value(text[2 * i + 1]);
            bad |= high | low;
            bytes[i] = (byte)((high << 4) | low);
        }

        return bad >= 0;
    }

    private static byte Digit(int value) => (byte)('0' + value + (((9 - value) >> 31) & ('a' - '0' - 10)));

    /// <summary>0 to 15, or a negative number.</summary>
    private static int Value(byte digit)
    {
        var letter = digit | 0x20;
        var isNumber = ~((digit - '0') | ('9' - digit)) >> 31;
        var isLetter = ~((letter - 'a') | ('f' - letter)) >> 31;
        return (isNumber & (digit - '0')) | (isLetter & (letter - 'a' + 10)) | ~(isNumber | isLetter);
    }
}
