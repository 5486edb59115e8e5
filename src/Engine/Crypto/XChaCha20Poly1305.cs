using System.Security.Cryptography;
using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2), which cookie replies use (whitepaper, section 5.4.7).
/// Key 32 bytes, nonce 24, tag 16 behind the ciphertext. Any thread.
/// </summary>
public static unsafe class XChaCha20Poly1305
{
    public const int KeySize = 32;

    public const int NonceSize = 24;

    public const int TagSize = 16;

    /// <param name="ciphertextAndTag"><see cref="TagSize"/> bytes more than the plaintext; may begin where the plaintext does.</param>
    /// <exception cref="ArgumentException">A buffer has the wrong length.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static void Seal(
        Span<byte> ciphertextAndTag, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        CheckLength.Is(plaintext.Length + TagSize, ciphertextAndTag);
        CheckLength.Is(KeySize, key);
        CheckLength.Is(NonceSize, nonce);
        Sodium.EnsureReady();
        fixed (byte* c = ciphertextAndTag, k = key, n = nonce, m = plaintext, ad = associatedData)
        {
            _ = Native.crypto_aead_xchacha20poly1305_ietf_encrypt(
                c, null, m, (ulong)plaintext.Length, ad, (ulong)associatedData.Length, null, n, k);
        }
    }

    /// <param name="plaintext"><see cref="TagSize"/> bytes less than the ciphertext with its tag.</param>
    /// <returns>Whether the tag is right; if not, <paramref name="plaintext"/> is zero.</returns>
    /// <exception cref="ArgumentException">A buffer has the wrong length.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static bool Open(
        Span<byte> plaintext, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertextAndTag, ReadOnlySpan<byte> associatedData)
    {
        CheckLength.Is(plaintext.Length + TagSize, ciphertextAndTag);
        CheckLength.Is(KeySize, key);
        CheckLength.Is(NonceSize, nonce);
        Sodium.EnsureReady();
        fixed (byte* m = plaintext, k = key, n = nonce, c = ciphertextAndTag, ad = associatedData)
        {
            if (Native.crypto_aead_xchacha20poly1305_ietf_decrypt(
                m, null, null, c, (ulong)ciphertextAndTag.Length, ad, (ulong)associatedData.Length, n, k) == 0)
                return true;
        }

        CryptographicOperations.ZeroMemory(plaintext);
        return false;
    }
}
