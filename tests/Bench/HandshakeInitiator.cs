using System.Buffers.Binary;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;

namespace WireGuard.Bench;

/// <summary>Makes initiations to one responder, each later than the one before, and waits for no answer.</summary>
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

    public void Dispose()
    {
        _handshake.Dispose();
        _identity.Dispose();
    }
}
