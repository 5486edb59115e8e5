using System.Buffers.Binary;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Bench;

/// <summary>Makes initiations to one responder, each later than the one before, and sessions of the answers that it is given.</summary>
internal sealed class HandshakeInitiator : IDisposable
{
    private readonly Handshake _handshake;
    private readonly CookieGenerator _macs;
    private readonly StaticIdentity _identity;
    private uint _count;

    public HandshakeInitiator(in PublicKey responder)
    {
        using var key = SecretKey.RandomPrivateKey();
        _identity = new StaticIdentity(key);
        _handshake = new Handshake(responder);
        _handshake.SetIdentity(_identity);
        _macs = new CookieGenerator(responder);
    }

    public PublicKey PublicKey => _identity.PublicKey;

    public byte[] Initiate()
    {
        var message = new byte[MessageFormat.InitiationSize];
        Span<byte> timestamp = stackalloc byte[MessageFormat.TimestampSize];
        timestamp.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(timestamp, ++_count);
        if (!_handshake.CreateInitiation(message, _identity, _count, timestamp, EphemeralSource.System))
            throw new InvalidOperationException("No initiation could be made.");
        _macs.AddMacs(message, 0);
        return message;
    }

    /// <summary>The first packet of the session that a response agreed to: a keepalive, which confirms it.</summary>
    public byte[] Confirm(ReadOnlySpan<byte> response)
    {
        Span<byte> send = stackalloc byte[32];
        Span<byte> receive = stackalloc byte[32];
        if (!_handshake.ConsumeResponse(response, _identity) || !_handshake.TryDeriveSession(send, receive, out _, out _, out var remoteIndex))
            throw new InvalidOperationException("The response agrees to nothing.");
        var message = new byte[MessageFormat.MinimumTransportSize];
        message[0] = (byte)MessageType.Transport;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), remoteIndex);
        HandshakeAead.Seal(message.AsSpan(16), send, 0, [], []);
        return message;
    }

    public void Dispose()
    {
        _handshake.Dispose();
        _identity.Dispose();
    }
}
