using System.Buffers.Binary;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Enrollment;

/// <summary>The server's proof of the code and of its key, with what it hands out (docs/enrollment-protocol.md, section 6).</summary>
internal static class GrantMessage
{
    /// <summary>Somebody has yet to approve.</summary>
    internal const ulong Waiting = 0;

    /// <summary>The last word.</summary>
    internal const ulong Decided = 1;

    private static ReadOnlySpan<byte> Side => "server"u8;

    /// <summary>Writes all but sequence and payload, which is the same for every grant of a run.</summary>
    /// <param name="message">1200 bytes whose frame is written.</param>
    /// <param name="keys">Moves on.</param>
    /// <returns>False when the client's key is none.</returns>
    internal static bool TryWriteHead(Span<byte> message, EnrollmentKeys keys, StaticIdentity own, ReadOnlySpan<byte> clientEphemeral)
    {
        var confirmation = message.Slice(EnrollmentFormat.Grant.Confirmation, EnrollmentFormat.ConfirmationSize);
        keys.Absorb(message[..EnrollmentFormat.FrameSize]);
        keys.Confirm(confirmation, Side);
        keys.Absorb(confirmation);
        var key = message[EnrollmentFormat.Grant.Static..EnrollmentFormat.Grant.Payload];
        keys.Seal(key, 1, own.PublicKey.Span);
        keys.Absorb(key);
        Span<byte> shared = stackalloc byte[X25519.KeySize];
        if (!X25519.SharedSecret(shared, own.PrivateKey.Span, clientEphemeral))
            return false;
        keys.Mix(shared);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }

    /// <summary>Each sequence is written once: it is the nonce.</summary>
    internal static void WritePayload(Span<byte> message, EnrollmentKeys keys, ulong sequence, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(message[EnrollmentFormat.Grant.Sequence..], sequence);
        keys.Seal(message[EnrollmentFormat.Grant.Payload..], sequence, payload);
    }

    /// <summary>Reads a grant; false: it is none of this run's, or damaged.</summary>
    /// <param name="keys">Moves on, also when it fails: give it a clone.</param>
    /// <param name="payload">1060 bytes.</param>
    internal static bool TryOpen(
        ReadOnlySpan<byte> message, EnrollmentKeys keys, EphemeralShare own, out PublicKey server, out ulong sequence, Span<byte> payload)
    {
        var confirmation = message.Slice(EnrollmentFormat.Grant.Confirmation, EnrollmentFormat.ConfirmationSize);
        var key = message[EnrollmentFormat.Grant.Static..EnrollmentFormat.Grant.Payload];
        Span<byte> expected = stackalloc byte[EnrollmentFormat.ConfirmationSize];
        Span<byte> plain = stackalloc byte[PublicKey.Size];
        Span<byte> shared = stackalloc byte[X25519.KeySize];
        server = default;
        sequence = BinaryPrimitives.ReadUInt64LittleEndian(message[EnrollmentFormat.Grant.Sequence..]);
        keys.Absorb(message[..EnrollmentFormat.FrameSize]);
        keys.Confirm(expected, Side);
        keys.Absorb(confirmation);
        if (!CryptographicOperations.FixedTimeEquals(expected, confirmation) || !keys.Open(plain, 1, key))
            return false;
        server = new PublicKey(plain);
        keys.Absorb(key);
        if (!X25519.SharedSecret(shared, own.PrivateKey, plain))
            return false;
        keys.Mix(shared);
        CryptographicOperations.ZeroMemory(shared);
        return keys.Open(payload, sequence, message[EnrollmentFormat.Grant.Payload..]);
    }
}
