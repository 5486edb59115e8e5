using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Noise;

/// <summary>The first message, initiator to responder (whitepaper, section 5.4.2).</summary>
internal sealed partial class Handshake
{
    /// <summary>Finds the handshake state of the peer with this public key.</summary>
    internal delegate bool FindByStatic(in PublicKey key, [NotNullWhen(true)] out Handshake? handshake);

    /// <summary>Writes all but the MACs. False when nothing can be agreed with this peer.</summary>
    /// <param name="message">148 bytes.</param>
    /// <param name="timestamp">12 bytes of TAI64N.</param>
    internal bool CreateInitiation(Span<byte> message, StaticIdentity identity, uint localIndex, ReadOnlySpan<byte> timestamp, EphemeralSource ephemerals)
    {
        Span<byte> key = stackalloc byte[MessageFormat.KeySize];
        lock (_lock)
        {
            if (!TryAgree())
                return false;
            message.Clear();
            WriteHeader(message, MessageType.Initiation, localIndex);
            Symmetric.Start(RemoteStatic);

            MakeEphemeral(ephemerals, message.Slice(MessageFormat.Initiation.Ephemeral, MessageFormat.KeySize));
            Symmetric.MixEphemeral(message.Slice(MessageFormat.Initiation.Ephemeral, MessageFormat.KeySize));
            if (!Symmetric.MixDiffieHellman(_ephemeral, RemoteStatic.Span, key))
                return false;
            Symmetric.EncryptAndHash(EncryptedStatic(message), key, identity.PublicKey.Span);
            Symmetric.MixKey(_staticStatic, key);
            Symmetric.EncryptAndHash(EncryptedTimestamp(message), key, timestamp);
            CryptographicOperations.ZeroMemory(key);

            LocalIndex = localIndex;
            State = HandshakeState.CreatedInitiation;
            return true;
        }
    }

    /// <summary>
    /// Reads a message whose mac1 was right: finds the peer by the static key in it, authenticates it, refuses old
    /// timestamps and floods. Null when it is refused; the peer's state is then as before.
    /// </summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal static Handshake? ConsumeInitiation(ReadOnlySpan<byte> message, StaticIdentity identity, FindByStatic find, long now)
    {
        var symmetric = default(SymmetricState);
        Span<byte> key = stackalloc byte[MessageFormat.KeySize];
        Span<byte> remoteStatic = stackalloc byte[MessageFormat.KeySize];
        Span<byte> timestamp = stackalloc byte[MessageFormat.TimestampSize];
        var ephemeral = message.Slice(MessageFormat.Initiation.Ephemeral, MessageFormat.KeySize);
        try
        {
            symmetric.Start(identity.PublicKey);
            symmetric.MixEphemeral(ephemeral);
            if (!symmetric.MixDiffieHellman(identity.PrivateKey.Span, ephemeral, key)
                || !symmetric.DecryptAndHash(remoteStatic, key, EncryptedStatic(message))
                || !find(new PublicKey(remoteStatic), out var handshake)
                || !handshake.MixStaticStatic(ref symmetric, key)
                || !symmetric.DecryptAndHash(timestamp, key, EncryptedTimestamp(message)))
                return null;
            return handshake.TryAcceptInitiation(in symmetric, ephemeral, timestamp, MessageFormat.ReadIndex(message, MessageFormat.SenderIndex), now)
                ? handshake
                : null;
        }
        finally
        {
            symmetric.Clear();
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private bool MixStaticStatic(ref SymmetricState symmetric, Span<byte> key)
    {
        lock (_lock)
        {
            if (!TryAgree())
                return false;
            symmetric.MixKey(_staticStatic, key);
            return true;
        }
    }

    private bool TryAcceptInitiation(in SymmetricState symmetric, ReadOnlySpan<byte> ephemeral, ReadOnlySpan<byte> timestamp, uint remoteIndex, long now)
    {
        lock (_lock)
        {
            var isReplay = timestamp.SequenceCompareTo(_latestTimestamp) <= 0;
            var isFlood = _lastInitiationConsumed != long.MinValue
                && now - _lastInitiationConsumed < (long)ProtocolLimits.InitiationInterval.TotalNanoseconds;
            if (isReplay || isFlood)
                return false;
            ClearLocked();
            timestamp.CopyTo(_latestTimestamp);
            _lastInitiationConsumed = now;
            Symmetric = symmetric;
            ephemeral.CopyTo(_remoteEphemeral);
            RemoteIndex = remoteIndex;
            State = HandshakeState.ConsumedInitiation;
            return true;
        }
    }

    private void MakeEphemeral(EphemeralSource source, Span<byte> publicKey)
    {
        source.NextPrivateKey(_ephemeral);
        _ephemeral[0] &= 0xF8;
        _ephemeral[31] = (byte)((_ephemeral[31] & 0x7F) | 0x40);
        X25519.PublicKey(publicKey, _ephemeral);
    }

    private static Span<byte> EncryptedStatic(Span<byte> message) =>
        message.Slice(MessageFormat.Initiation.EncryptedStatic, MessageFormat.KeySize + MessageFormat.TagSize);

    private static ReadOnlySpan<byte> EncryptedStatic(ReadOnlySpan<byte> message) =>
        message.Slice(MessageFormat.Initiation.EncryptedStatic, MessageFormat.KeySize + MessageFormat.TagSize);

    private static Span<byte> EncryptedTimestamp(Span<byte> message) =>
        message.Slice(MessageFormat.Initiation.EncryptedTimestamp, MessageFormat.TimestampSize + MessageFormat.TagSize);

    private static ReadOnlySpan<byte> EncryptedTimestamp(ReadOnlySpan<byte> message) =>
        message.Slice(MessageFormat.Initiation.EncryptedTimestamp, MessageFormat.TimestampSize + MessageFormat.TagSize);
}
