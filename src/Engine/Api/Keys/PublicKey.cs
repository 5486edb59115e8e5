using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireGuard.Api;

/// <summary>
/// A Curve25519 public key: 32 bytes, written as 44 characters of base64 (RFC 7748, section 5; wg(8)).
/// A value type, so that it can be a dictionary key and cross threads freely. Public keys are no secret.
/// </summary>
public readonly struct PublicKey : IEquatable<PublicKey>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public PublicKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A public key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<Bytes32, byte>(ref _bytes), Size));
    }

    /// <summary>The 32 bytes, in place; valid as long as the value that it is read from.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Bytes32, byte>(ref Unsafe.AsRef(in _bytes)), Size);

    /// <summary>True for 32 zero bytes, which is no usable key.</summary>
    public bool IsZero => Span.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Reads 44 characters of base64 that stand for 32 bytes.</summary>
    /// <exception cref="FormatException">The text is no key; the message says why.</exception>
    public static PublicKey Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        KeyText.Decode(text, bytes, "public key");
        return new PublicKey(bytes);
    }

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text is not null && KeyText.TryDecode(text, bytes))
        {
            key = new PublicKey(bytes);
            return true;
        }

        key = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PublicKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MemoryMarshal.Read<long>(Span), MemoryMarshal.Read<long>(Span[8..]));

    /// <summary>Base64, 44 characters.</summary>
    public override string ToString() => Convert.ToBase64String(Span);

    public static bool operator ==(PublicKey left, PublicKey right) => left.Equals(right);

    public static bool operator !=(PublicKey left, PublicKey right) => !left.Equals(right);

    [InlineArray(Size)]
    private struct Bytes32
    {
        private byte _first;
    }
}
