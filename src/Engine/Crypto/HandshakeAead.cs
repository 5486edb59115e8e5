using System.Buffers.Binary;
using System.Security.Cryptography;
using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439, section 2.8) with associated data, for the handshake's small fields: encrypted static
/// key, timestamp, empty (whitepaper, section 5.4.2). The nonce is 32 zero bits, then the counter, little-endian. Key 32
/// bytes, tag 16 behind the ciphertext. Any thread. Transport packets go through <see cref="TransportAead"/>.
/// </summary>
public static unsafe class HandshakeAead
{
    public const int KeySize = 32;

    public const int TagSize = 16;

    private const int NonceSize = 12;

    /// <param name="ciphertextAndTag"><see cref="TagSize"/> bytes more than the plaintext; may begin where the plaintext does.</param>
    /// <exception cref="ArgumentException">A buffer has the wrong length.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static void Seal(
        Span<byte> ciphertextAndTag, ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        CheckLength.Is(plaintext.Length + TagSize, ciphertextAndTag);
        CheckLength.Is(KeySize, key);
        Sodium.EnsureReady();
        var nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, counter);
        fixed (byte* c = ciphertextAndTag, k = key, m = plaintext, ad = associatedData)
        {
            _ = Native.crypto_aead_chacha20poly1305_ietf_encrypt(
                c, null, m, (ulong)plaintext.Length, ad, (ulong)associatedData.Length, null, nonce, k);
        }
    }

    /// <param name="plaintext"><see cref="TagSize"/> bytes less than the ciphertext with its tag.</param>
    /// <returns>Whether the tag is right; if not, <paramref name="plaintext"/> is zero.</returns>
    /// <exception cref="ArgumentException">A buffer has the wrong length.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static bool Open(
        Span<byte> plaintext, ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> ciphertextAndTag, ReadOnlySpan<byte> associatedData)
    {
        CheckLength.Is(plaintext.Length + TagSize, ciphertextAndTag);
        CheckLength.Is(KeySize, key);
        Sodium.EnsureReady();
        var nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, counter);
        fixed (byte* m = plaintext, k = key, c = ciphertextAndTag, ad = associatedData)
        {
            if (Native.crypto_aead_chacha20poly1305_ietf_decrypt(
                m, null, null, c, (ulong)ciphertextAndTag.Length, ad, (ulong)associatedData.Length, nonce, k) == 0)
                return true;
        }

        CryptographicOperations.ZeroMemory(plaintext);
        return false;
    }

    private static void WriteNonce(byte* nonce, ulong counter)
    {
        var bytes = new Span<byte>(nonce, NonceSize);
        bytes[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], counter);
    }
}
