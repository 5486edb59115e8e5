using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>SHA-512 (RFC 6234): digests of 64 bytes, blocks of 128. Any thread.</summary>
public static unsafe class Sha512
{
    public const int Size = 64;

    public const int BlockSize = 128;

    /// <param name="digest">64 bytes; may lie over the data.</param>
    /// <exception cref="ArgumentException">The digest has another length.</exception>
    /// <exception cref="CryptoUnavailableException">libsodium is missing.</exception>
    public static void Hash(Span<byte> digest, ReadOnlySpan<byte> data)
    {
        CheckLength.Is(Size, digest);
        Sodium.EnsureReady();
        fixed (byte* hash = digest, start = data)
            _ = Native.crypto_hash_sha512(hash, start, (ulong)data.Length);
    }
}
