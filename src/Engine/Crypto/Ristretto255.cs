using System.Security.Cryptography;
using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// The group of prime order ristretto255 (RFC 9496): elements and scalars have 32 bytes. An element has one encoding,
/// there is none of low order but the identity, and every operation refuses what is no element. Any thread.
/// </summary>
public static unsafe class Ristretto255
{
    public const int ElementSize = 32;

    public const int ScalarSize = 32;

    /// <summary>Bytes that <see cref="FromHash"/> maps to an element.</summary>
    public const int HashSize = 64;

    /// <summary>The element that uniform bytes stand for (RFC 9496, section 4.3.4); its logarithm is known to nobody.</summary>
    /// <param name="element">32 bytes.</param>
    /// <param name="hash">64 bytes.</param>
    public static void FromHash(Span<byte> element, ReadOnlySpan<byte> hash)
    {
        CheckLength.Is(ElementSize, element);
        CheckLength.Is(HashSize, hash);
        Sodium.EnsureReady();
        fixed (byte* p = element, r = hash)
            _ = Native.crypto_core_ristretto255_from_hash(p, r);
    }

    /// <summary>Multiplies an element by a scalar, in time that depends on neither.</summary>
    /// <param name="product">32 bytes; may lie over neither input.</param>
    /// <returns>False when the bytes encode no element or the product is the identity; then <paramref name="product"/> is zero.</returns>
    public static bool Multiply(Span<byte> product, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element)
    {
        CheckLength.Is(ElementSize, product);
        CheckLength.Is(ScalarSize, scalar);
        CheckLength.Is(ElementSize, element);
        Sodium.EnsureReady();
        fixed (byte* q = product, n = scalar, p = element)
        {
            if (Native.crypto_scalarmult_ristretto255(q, n, p) == 0)
                return true;
        }

        CryptographicOperations.ZeroMemory(product);
        return false;
    }
}
