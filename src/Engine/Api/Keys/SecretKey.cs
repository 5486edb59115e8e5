using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace WireGuard.Api;

/// <summary>
/// A private or preshared key: 32 bytes that are pinned (the garbage collector leaves no copies behind), zeroed on
/// <see cref="Dispose"/>, and never part of <see cref="ToString"/>. Whoever holds one owns it and disposes of it;
/// <see cref="Clone"/> makes a second owner.
/// </summary>
[JsonConverter(typeof(SecretKeyJsonConverter))]
public sealed class SecretKey : IDisposable, IEquatable<SecretKey>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    /// <param name="bytes">Exactly 32 bytes, copied; the caller zeroes its own.</param>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public SecretKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>The 32 bytes; all zero once disposed of.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>True for 32 zero bytes: "no key" in wg's language.</summary>
    public bool IsZero => CryptographicOperations.FixedTimeEquals(_bytes, stackalloc byte[Size]);

    /// <summary>32 random bytes, as for a preshared key (wg genpsk).</summary>
    public static SecretKey Random()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        var key = new SecretKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>A random Curve25519 private key, clamped (RFC 7748, section 5; wg genkey).</summary>
    public static SecretKey RandomPrivateKey()
    {
        var key = Random();
        key.Clamp();
        return key;
    }

    /// <summary>Clears and sets the bits that X25519 ignores and demands, as wg reads keys back (RFC 7748, section 5).</summary>
    public void Clamp()
    {
        _bytes[0] &= 0xF8;
        _bytes[31] = (byte)((_bytes[31] & 0x7F) | 0x40);
    }

    /// <summary>Reads 44 characters of base64 that stand for 32 bytes. Messages never repeat the text.</summary>
    /// <exception cref="FormatException">The text is no key; the message says why.</exception>
    public static SecretKey Parse(ReadOnlySpan<char> text, string what = "key")
    {
        Span<byte> bytes = stackalloc byte[Size];
        try
        {
            KeyText.Decode(text, bytes, what);
            return new SecretKey(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SecretKey? key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        try
        {
            key = KeyText.TryDecode(text, bytes) ? new SecretKey(bytes) : null;
            return key is not null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads base64 from UTF-8 without making a string of it.</summary>
    public static bool TryParseUtf8(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out SecretKey? key)
    {
        Span<byte> bytes = stackalloc byte[Size + 1];
        try
        {
            key = utf8.Length == KeyText.Base64Length
                && Base64.DecodeFromUtf8(utf8, bytes, out _, out var written) == OperationStatus.Done && written == Size
                ? new SecretKey(bytes[..Size])
                : null;
            return key is not null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>
    /// Base64, 44 characters, in a string that cannot be zeroed: only for showing a key to who asked for it.
    /// </summary>
    public string ToBase64() => Convert.ToBase64String(_bytes);

    /// <summary>A second copy with an owner of its own.</summary>
    public SecretKey Clone() => new(_bytes);

    /// <summary>Constant-time comparison.</summary>
    public bool Equals(SecretKey? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretKey);

    /// <summary>The same for every key: a hash would tell something of the secret.</summary>
    public override int GetHashCode() => typeof(SecretKey).GetHashCode();

    /// <summary>"(hidden)", whatever the key.</summary>
    public override string ToString() => "(hidden)";

    /// <summary>Zeroes the bytes.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
