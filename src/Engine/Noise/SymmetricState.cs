using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Noise;

/// <summary>
/// Chaining key and transcript hash of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s, 32 bytes each (whitepaper, section 5.4;
/// the Noise Protocol Framework, section 5.2). A value: copying it forks the transcript. Owners call <see cref="Clear"/>.
/// </summary>
internal struct SymmetricState
{
    private static readonly byte[] InitialChainingKey = MakeInitialChainingKey();
    private static readonly byte[] InitialHash = MakeInitialHash();

    private Bytes32 _chainingKey;
    private Bytes32 _hash;

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private Span<byte> ChainingKey => _chainingKey.Span;

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    internal Span<byte> Hash => _hash.Span;

    /// <summary>Both sides begin with the responder's public key.</summary>
    internal void Start(in PublicKey responder)
    {
        InitialChainingKey.CopyTo(ChainingKey);
        InitialHash.CopyTo(Hash);
        MixHash(responder.Span);
    }

    internal void MixHash(ReadOnlySpan<byte> data)
    {
        Span<byte> input = stackalloc byte[32 + 64];
        Hash.CopyTo(input);
        data.CopyTo(input[32..]);
        Blake2s.Hash(Hash, input[..(32 + data.Length)]);
    }

    internal void MixKey(ReadOnlySpan<byte> input) => Hkdf.Kdf1(ChainingKey, ChainingKey, input);

    /// <summary>As <see cref="MixKey(ReadOnlySpan{byte})"/>, and gives a key to encrypt the next field with.</summary>
    internal void MixKey(ReadOnlySpan<byte> input, Span<byte> key) => Hkdf.Kdf2(ChainingKey, key, ChainingKey, input);

    /// <summary>An ephemeral public key goes into the hash and, as the PSK variants of Noise want it, into the chaining key.</summary>
    internal void MixEphemeral(ReadOnlySpan<byte> ephemeral)
    {
        MixHash(ephemeral);
        MixKey(ephemeral);
    }

    /// <summary>Mixes a Diffie-Hellman result; false for the all-zero result of a low-order point.</summary>
    internal bool MixDiffieHellman(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> key = default)
    {
        Span<byte> shared = stackalloc byte[32];
        try
        {
            if (!X25519.SharedSecret(shared, privateKey, publicKey))
                return false;
            if (key.IsEmpty)
                MixKey(shared);
            else
                MixKey(shared, key);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    internal void MixPresharedKey(ReadOnlySpan<byte> presharedKey, Span<byte> key)
    {
        Span<byte> tau = stackalloc byte[32];
        Hkdf.Kdf3(ChainingKey, tau, key, ChainingKey, presharedKey);
        MixHash(tau);
        CryptographicOperations.ZeroMemory(tau);
    }

    internal void EncryptAndHash(Span<byte> ciphertext, ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext)
    {
        HandshakeAead.Seal(ciphertext, key, 0, plaintext, Hash);
        MixHash(ciphertext);
    }

    internal bool DecryptAndHash(Span<byte> plaintext, ReadOnlySpan<byte> key, ReadOnlySpan<byte> ciphertext)
    {
        if (!HandshakeAead.Open(plaintext, key, 0, ciphertext, Hash))
            return false;
        MixHash(ciphertext);
        return true;
    }

    /// <summary>The transport keys: first for initiator to responder, second for the way back (section 5.4.5).</summary>
    internal void Split(Span<byte> initiatorToResponder, Span<byte> responderToInitiator) =>
        Hkdf.Kdf2(initiatorToResponder, responderToInitiator, ChainingKey, default);

    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(ChainingKey);
        CryptographicOperations.ZeroMemory(Hash);
    }

    private static byte[] MakeInitialChainingKey()
    {
        var key = new byte[32];
        Blake2s.Hash(key, "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8);
        return key;
    }

    private static byte[] MakeInitialHash()
    {
        var hash = new byte[32];
        byte[] input = [.. MakeInitialChainingKey(), .. Encoding.ASCII.GetBytes("WireGuard v1 zx2c4 Jason@zx2c4.com")];
        Blake2s.Hash(hash, input);
        return hash;
    }

    [InlineArray(32)]
    private struct Bytes32
    {
        private byte _first;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        internal Span<byte> Span => MemoryMarshal.CreateSpan(ref _first, 32);
    }
}
