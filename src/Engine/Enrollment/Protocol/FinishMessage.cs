using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Enrollment;

/// <summary>The client's proof of the code and of its key, with its wishes (docs/enrollment-protocol.md, section 6).</summary>
internal static class FinishMessage
{
    private static ReadOnlySpan<byte> Side => "client"u8;

    /// <param name="message">1200 bytes whose frame is written.</param>
    /// <param name="keys">Moves on.</param>
    /// <param name="payload">1068 bytes.</param>
    /// <returns>False when the server's key is none.</returns>
    internal static bool TryWrite(
        Span<byte> message, EnrollmentKeys keys, StaticIdentity own, ReadOnlySpan<byte> serverEphemeral, ReadOnlySpan<byte> payload)
    {
        var confirmation = message.Slice(EnrollmentFormat.Finish.Confirmation, EnrollmentFormat.ConfirmationSize);
        keys.Absorb(message[..EnrollmentFormat.FrameSize]);
        keys.Confirm(confirmation, Side);
        keys.Absorb(confirmation);
        var key = message[EnrollmentFormat.Finish.Static..EnrollmentFormat.Finish.Payload];
        keys.Seal(key, 0, own.PublicKey.Span);
        keys.Absorb(key);
        Span<byte> shared = stackalloc byte[X25519.KeySize];
        if (!X25519.SharedSecret(shared, own.PrivateKey.Span, serverEphemeral))
            return false;
        keys.Mix(shared);
        CryptographicOperations.ZeroMemory(shared);
        keys.Seal(message[EnrollmentFormat.Finish.Payload..], 0, payload);
        keys.Absorb(message[EnrollmentFormat.Finish.Payload..]);
        return true;
    }

    /// <summary>Whether the sender came to the same keys. False: it guessed, and guessed wrong.</summary>
    /// <param name="keys">Moves on past the confirmation.</param>
    internal static bool IsConfirmed(ReadOnlySpan<byte> message, EnrollmentKeys keys)
    {
        var confirmation = message.Slice(EnrollmentFormat.Finish.Confirmation, EnrollmentFormat.ConfirmationSize);
        Span<byte> expected = stackalloc byte[EnrollmentFormat.ConfirmationSize];
        keys.Absorb(message[..EnrollmentFormat.FrameSize]);
        keys.Confirm(expected, Side);
        keys.Absorb(confirmation);
        return CryptographicOperations.FixedTimeEquals(expected, confirmation);
    }

    /// <summary>Reads what a confirmed message says and proves.</summary>
    /// <param name="keys">Moves on.</param>
    /// <param name="payload">1068 bytes.</param>
    internal static bool TryOpen(ReadOnlySpan<byte> message, EnrollmentKeys keys, EphemeralShare own, out PublicKey client, Span<byte> payload)
    {
        var key = message[EnrollmentFormat.Finish.Static..EnrollmentFormat.Finish.Payload];
        Span<byte> plain = stackalloc byte[PublicKey.Size];
        Span<byte> shared = stackalloc byte[X25519.KeySize];
        client = default;
        if (!keys.Open(plain, 0, key))
            return false;
        client = new PublicKey(plain);
        keys.Absorb(key);
        if (!X25519.SharedSecret(shared, own.PrivateKey, plain))
            return false;
        keys.Mix(shared);
        CryptographicOperations.ZeroMemory(shared);
        var isOpen = keys.Open(payload, 0, message[EnrollmentFormat.Finish.Payload..]);
        keys.Absorb(message[EnrollmentFormat.Finish.Payload..]);
        return isOpen;
    }
}
