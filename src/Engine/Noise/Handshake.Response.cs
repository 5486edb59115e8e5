using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WireGuard.Engine.Noise;

/// <summary>The second message, responder to initiator (whitepaper, section 5.4.3).</summary>
internal sealed partial class Handshake
{
    /// <summary>Answers the initiation consumed last; writes all but the MACs. False when there is none to answer.</summary>
    /// <param name="message">92 bytes.</param>
    internal bool CreateResponse(Span<byte> message, uint localIndex, EphemeralSource ephemerals)
    {
        Span<byte> key = stackalloc byte[MessageFormat.KeySize];
        lock (_lock)
        {
            if (State != HandshakeState.ConsumedInitiation)
                return false;
            message.Clear();
            WriteHeader(message, MessageType.Response, localIndex);
            BinaryPrimitives.WriteUInt32LittleEndian(message[MessageFormat.Response.ReceiverIndex..], RemoteIndex);

            var ephemeral = message.Slice(MessageFormat.Response.Ephemeral, MessageFormat.KeySize);
            MakeEphemeral(ephemerals, ephemeral);
            Symmetric.MixEphemeral(ephemeral);
            if (!Symmetric.MixDiffieHellman(_ephemeral, _remoteEphemeral) || !Symmetric.MixDiffieHellman(_ephemeral, RemoteStatic.Span))
                return false;
            Symmetric.MixPresharedKey(_presharedKey, key);
            Symmetric.EncryptAndHash(message.Slice(MessageFormat.Response.EncryptedNothing, MessageFormat.TagSize), key, default);
            CryptographicOperations.ZeroMemory(key);

            LocalIndex = localIndex;
            State = HandshakeState.CreatedResponse;
            return true;
        }
    }

    /// <summary>Reads the answer to our initiation. False when it is not one; the handshake then goes on waiting.</summary>
    internal bool ConsumeResponse(ReadOnlySpan<byte> message, StaticIdentity identity)
    {
        var ephemeral = message.Slice(MessageFormat.Response.Ephemeral, MessageFormat.KeySize);
        Span<byte> key = stackalloc byte[MessageFormat.KeySize];
        lock (_lock)
        {
            if (State != HandshakeState.CreatedInitiation || MessageFormat.ReadIndex(message, MessageFormat.Response.ReceiverIndex) != LocalIndex)
                return false;
            // A copy: a forged response must leave the transcript as it was.
            var symmetric = Symmetric;
            try
            {
                symmetric.MixEphemeral(ephemeral);
                if (!symmetric.MixDiffieHellman(_ephemeral, ephemeral) || !symmetric.MixDiffieHellman(identity.PrivateKey.Span, ephemeral))
                    return false;
                symmetric.MixPresharedKey(_presharedKey, key);
                if (!symmetric.DecryptAndHash(default, key, message.Slice(MessageFormat.Response.EncryptedNothing, MessageFormat.TagSize)))
                    return false;
                Symmetric = symmetric;
                RemoteIndex = MessageFormat.ReadIndex(message, MessageFormat.SenderIndex);
                State = HandshakeState.ConsumedResponse;
                return true;
            }
            finally
            {
                symmetric.Clear();
                CryptographicOperations.ZeroMemory(key);
            }
        }
    }
}
