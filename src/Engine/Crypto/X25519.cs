using System.Security.Cryptography;
using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Diffie-Hellman on Curve25519 (RFC 7748, section 5): keys and results have 32 bytes. Private keys need not be clamped;
/// the function does that itself. Any thread.
/// </summary>
public static unsafe class X25519
{
    public const int KeySize = 32;

    /// <summary>Computes the shared secret of a private key with another's public key.</summary>
    /// <returns>
    /// False when the secret is all zero, as a public key of low order makes it (RFC 7748, section 6.1); then
    /// <paramref name="shared"/> is zero and must not be used.
    /// </returns>
    /// <exception cref="ArgumentException">A buffer has not 32 bytes.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static bool SharedSecret(Span<byte> shared, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        CheckLength.Is(KeySize, shared);
        CheckLength.Is(KeySize, privateKey);
        CheckLength.Is(KeySize, publicKey);
        Sodium.EnsureReady();
        fixed (byte* q = shared, n = privateKey, p = publicKey)
        {
            if (Native.crypto_scalarmult_curve25519(q, n, p) == 0)
                return true;
        }

        CryptographicOperations.ZeroMemory(shared);
        return false;
    }

    /// <summary>Computes the public key that belongs to a private key.</summary>
    /// <exception cref="ArgumentException">A buffer has not 32 bytes.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static void PublicKey(Span<byte> publicKey, ReadOnlySpan<byte> privateKey)
    {
        CheckLength.Is(KeySize, publicKey);
        CheckLength.Is(KeySize, privateKey);
        Sodium.EnsureReady();
        // The base point has a large prime order and clamping keeps scalars away from its multiples: it cannot fail.
        fixed (byte* q = publicKey, n = privateKey)
            _ = Native.crypto_scalarmult_curve25519_base(q, n);
    }
}
