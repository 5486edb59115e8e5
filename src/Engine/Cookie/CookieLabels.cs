using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Cookie;

/// <summary>Keys for MACs and cookies are hashes of a label and a public key (whitepaper, sections 5.4.4 and 5.4.7).</summary>
internal static class CookieLabels
{
    internal static ReadOnlySpan<byte> Mac1 => "mac1----"u8;

    internal static ReadOnlySpan<byte> Cookie => "cookie--"u8;

    internal static void DeriveKey(Span<byte> key, ReadOnlySpan<byte> label, in PublicKey publicKey)
    {
        Span<byte> input = stackalloc byte[8 + PublicKey.Size];
        label.CopyTo(input);
        publicKey.Span.CopyTo(input[8..]);
        Blake2s.Hash(key, input);
    }
}
