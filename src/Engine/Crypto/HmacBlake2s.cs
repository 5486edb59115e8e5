using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// HMAC (RFC 2104) with BLAKE2s of 32-byte digests and its 64-byte block: whitepaper, section 5.4, "Hmac". Not to be
/// confused with BLAKE2s's own keyed mode, which MACs of packets use.
/// </summary>
public static class HmacBlake2s
{
    public const int Size = 32;

    /// <param name="mac">32 bytes; may lie over the key or the data.</param>
    /// <param name="key">Any length; more than 64 bytes are hashed first.</param>
    /// <exception cref="ArgumentException"><paramref name="mac"/> has not 32 bytes.</exception>
    public static void Compute(Span<byte> mac, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        CheckLength.Is(Size, mac);
        Span<byte> pad = stackalloc byte[Blake2s.BlockSize];
        Span<byte> inner = stackalloc byte[Size];
        pad.Clear();
        if (key.Length > pad.Length)
            Blake2s.Hash(pad[..Size], key);
        else
            key.CopyTo(pad);

        for (var i = 0; i < pad.Length; i++)
            pad[i] ^= 0x36;
        HashBoth(inner, pad, data);
        for (var i = 0; i < pad.Length; i++)
            pad[i] ^= 0x36 ^ 0x5C;
        HashBoth(mac, pad, inner);

        CryptographicOperations.ZeroMemory(pad);
        CryptographicOperations.ZeroMemory(inner);
    }

    private static void HashBoth(Span<byte> digest, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Unsafe.SkipInit(out Blake2s hash);
        hash.Init(Size);
        hash.Update(first);
        hash.Update(second);
        hash.Finish(digest);
    }
}
