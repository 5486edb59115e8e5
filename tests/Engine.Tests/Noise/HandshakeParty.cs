using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Noise;

/// <summary>One end of a handshake: its own key and what it keeps about the other end.</summary>
internal sealed class HandshakeParty : IDisposable
{
    private readonly EphemeralSource _ephemerals;

    internal HandshakeParty(byte[] privateKey, byte[] remotePublicKey, byte[]? presharedKey = null, EphemeralSource? ephemerals = null)
    {
        using (var key = new SecretKey(privateKey))
            Identity = new StaticIdentity(key);
        var remote = new PublicKey(remotePublicKey);
        Handshake = new Handshake(remote);
        Handshake.SetIdentity(Identity);
        if (presharedKey is not null)
            Handshake.SetPresharedKey(presharedKey);
        Cookies = new CookieGenerator(remote);
        Checker = new CookieChecker(Identity.PublicKey, new RateLimiter());
        _ephemerals = ephemerals ?? EphemeralSource.System;
    }

    internal StaticIdentity Identity { get; }

    /// <summary>The state for the other end.</summary>
    internal Handshake Handshake { get; }

    internal CookieGenerator Cookies { get; }

    internal CookieChecker Checker { get; }

    /// <summary>Two ends with random keys that know each other.</summary>
    internal static (HandshakeParty Initiator, HandshakeParty Responder) Pair(byte[]? initiatorPresharedKey = null, byte[]? responderPresharedKey = null)
    {
        byte[] one = RandomKey(), two = RandomKey();
        return (new HandshakeParty(one, PublicKeyOf(two), initiatorPresharedKey), new HandshakeParty(two, PublicKeyOf(one), responderPresharedKey));
    }

    internal static byte[] RandomKey()
    {
        using var key = SecretKey.RandomPrivateKey();
        return key.Span.ToArray();
    }

    internal static byte[] PublicKeyOf(byte[] privateKey)
    {
        var key = new byte[32];
        X25519.PublicKey(key, privateKey);
        return key;
    }

    /// <summary>A timestamp that grows with <paramref name="number"/>.</summary>
    internal static byte[] Timestamp(byte number) => [0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];

    /// <summary>With MACs.</summary>
    internal byte[] CreateInitiation(uint index, byte[] timestamp, long now = 0)
    {
        var message = new byte[MessageFormat.InitiationSize];
        Assert.True(Handshake.CreateInitiation(message, Identity, index, timestamp, _ephemerals));
        Cookies.AddMacs(message, now);
        return message;
    }

    /// <summary>With MACs.</summary>
    internal byte[] CreateResponse(uint index, long now = 0)
    {
        var message = new byte[MessageFormat.ResponseSize];
        Assert.True(Handshake.CreateResponse(message, index, _ephemerals));
        Cookies.AddMacs(message, now);
        return message;
    }

    /// <summary>As the device does it: form, mac1, then the handshake.</summary>
    internal bool Receive(byte[] message, long now = 0) => MessageFormat.Classify(message) switch
    {
        MessageType.Initiation => Checker.IsMac1Valid(message) && ConsumeInitiation(message, now),
        MessageType.Response => Checker.IsMac1Valid(message) && Handshake.ConsumeResponse(message, Identity),
        _ => false,
    };

    /// <summary>The initiation alone, MACs unseen.</summary>
    internal bool ConsumeInitiation(byte[] message, long now = 0) =>
        ReferenceEquals(Handshake, Handshake.ConsumeInitiation(message, Identity, Find, now));

    internal TransportKeys? DeriveSession()
    {
        byte[] send = new byte[32], receive = new byte[32];
        return Handshake.TryDeriveSession(send, receive, out var isInitiator, out var local, out var remote)
            ? new TransportKeys(send, receive, isInitiator, local, remote)
            : null;
    }

    public void Dispose()
    {
        Handshake.Dispose();
        Identity.Dispose();
    }

    private bool Find(in PublicKey key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Handshake? handshake)
    {
        handshake = key == Handshake.RemoteStatic ? Handshake : null;
        return handshake is not null;
    }
}

internal sealed record TransportKeys(byte[] Send, byte[] Receive, bool IsInitiator, uint LocalIndex, uint RemoteIndex);
