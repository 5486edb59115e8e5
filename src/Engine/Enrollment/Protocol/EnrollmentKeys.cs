using System.Security.Cryptography;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// The chain of keys and the hash of everything said in one run (docs/enrollment-protocol.md, section 6), as a Noise handshake
/// keeps them. Both sides walk it in the same steps. Pinned, zeroed on <see cref="Dispose"/>; one thread at a time.
/// </summary>
internal sealed class EnrollmentKeys : IDisposable
{
    private const int Size = 32;

    // Hash, chaining key, key of the next encryption, key of the confirmations.
    private readonly byte[] _secrets = GC.AllocateArray<byte>(4 * Size, pinned: true);

    private EnrollmentKeys()
    {
    }

    private static ReadOnlySpan<byte> Protocol => "WireGuard enrollment 1: CPace-ristretto255-SHA512, X25519, ChaCha20-Poly1305, BLAKE2s"u8;

    private Span<byte> Hash => _secrets.AsSpan(0, Size);

    private Span<byte> Chain => _secrets.AsSpan(Size, Size);

    private Span<byte> Cipher => _secrets.AsSpan(2 * Size, Size);

    private Span<byte> Confirming => _secrets.AsSpan(3 * Size, Size);

    /// <summary>The keys that follow from both shares.</summary>
    /// <param name="key">CPace's, 64 bytes.</param>
    /// <param name="inviteKey">32 bytes, or none for a code.</param>
    /// <param name="shared">Diffie-Hellman of the ephemeral keys.</param>
    internal static EnrollmentKeys Begin(
        ReadOnlySpan<byte> clientShare, ReadOnlySpan<byte> serverShare, ReadOnlySpan<byte> key, ReadOnlySpan<byte> inviteKey, ReadOnlySpan<byte> shared)
    {
        var keys = new EnrollmentKeys();
        Blake2s.Hash(keys.Hash, Protocol);
        keys.Hash.CopyTo(keys.Chain);
        keys.Absorb(clientShare);
        keys.Absorb(serverShare);
        Hkdf.Kdf1(keys.Chain, keys.Chain, key);
        if (!inviteKey.IsEmpty)
            Hkdf.Kdf1(keys.Chain, keys.Chain, inviteKey);
        Hkdf.Kdf3(keys.Chain, keys.Cipher, keys.Confirming, keys.Chain, shared);
        return keys;
    }

    /// <summary>A second one at the same step: what fails on it leaves this one as it was.</summary>
    internal EnrollmentKeys Clone()
    {
        var clone = new EnrollmentKeys();
        _secrets.CopyTo(clone._secrets, 0);
        return clone;
    }

    internal void Absorb(ReadOnlySpan<byte> bytes)
    {
        var hash = default(Blake2s);
        hash.Init(Size);
        hash.Update(Hash);
        hash.Update(bytes);
        hash.Finish(Hash);
    }

    /// <summary>The proof that this side has come to the same keys; the caller absorbs it.</summary>
    /// <param name="side">"client" or "server", so that neither can be handed back.</param>
    internal void Confirm(Span<byte> confirmation, ReadOnlySpan<byte> side)
    {
        Span<byte> input = stackalloc byte[8 + Size];
        side.CopyTo(input);
        Hash.CopyTo(input[side.Length..]);
        Blake2s.Keyed(confirmation, Confirming, input[..(side.Length + Size)]);
    }

    /// <summary>Mixes in a Diffie-Hellman result, which whoever can go on from here must have known.</summary>
    internal void Mix(ReadOnlySpan<byte> shared) => Hkdf.Kdf2(Chain, Cipher, Chain, shared);

    internal void Seal(Span<byte> sealedBytes, ulong counter, ReadOnlySpan<byte> plain) =>
        HandshakeAead.Seal(sealedBytes, Cipher, counter, plain, Hash);

    internal bool Open(Span<byte> plain, ulong counter, ReadOnlySpan<byte> sealedBytes) =>
        HandshakeAead.Open(plain, Cipher, counter, sealedBytes, Hash);

    internal void DerivePresharedKey(Span<byte> key) => Hkdf.Kdf1(key, Chain, "preshared key"u8);

    public void Dispose() => CryptographicOperations.ZeroMemory(_secrets);
}
