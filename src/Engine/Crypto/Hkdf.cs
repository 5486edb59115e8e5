using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Key derivation over HMAC-BLAKE2s (RFC 5869 with an empty info; whitepaper, section 5.4, "Kdf"): one, two or three
/// outputs of 32 bytes from a chaining key and an input. Outputs may lie over the key or the input, not over each other.
/// </summary>
public static class Hkdf
{
    /// <summary>Bytes of every output.</summary>
    public const int Size = HmacBlake2s.Size;

    public static void Kdf1(Span<byte> t1, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input) => Derive(t1, default, default, key, input);

    public static void Kdf2(Span<byte> t1, Span<byte> t2, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        CheckLength.Is(Size, t2);
        Derive(t1, t2, default, key, input);
    }

    public static void Kdf3(Span<byte> t1, Span<byte> t2, Span<byte> t3, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        CheckLength.Is(Size, t2);
        CheckLength.Is(Size, t3);
        Derive(t1, t2, t3, key, input);
    }

    private static void Derive(Span<byte> t1, Span<byte> t2, Span<byte> t3, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        CheckLength.Is(Size, t1);
        Span<byte> extracted = stackalloc byte[Size];
        Span<byte> previousAndIndex = stackalloc byte[Size + 1];
        // Key and input are not read again after this line, so the outputs may overwrite them.
        HmacBlake2s.Compute(extracted, key, input);

        previousAndIndex[Size] = 1;
        HmacBlake2s.Compute(t1, extracted, previousAndIndex[Size..]);
        if (!t2.IsEmpty)
            Expand(t2, t1, 2, extracted, previousAndIndex);
        if (!t3.IsEmpty)
            Expand(t3, t2, 3, extracted, previousAndIndex);

        CryptographicOperations.ZeroMemory(extracted);
        CryptographicOperations.ZeroMemory(previousAndIndex);
    }

    private static void Expand(Span<byte> output, ReadOnlySpan<byte> previous, byte index, ReadOnlySpan<byte> extracted, Span<byte> scratch)
    {
        previous.CopyTo(scratch);
        scratch[Size] = index;
        HmacBlake2s.Compute(output, extracted, scratch);
    }
}
