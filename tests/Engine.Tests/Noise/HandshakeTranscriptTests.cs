using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Noise;

/// <summary>Every byte as another implementation sent it, with either end of the recorded handshake played by ours.</summary>
public unsafe class HandshakeTranscriptTests
{
    private const long Second = 1_000_000_000;

    public static TheoryData<string> Transcripts => ["without a preshared key", "with a preshared key"];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Public_keys_belong_to_their_private_keys(string which)
    {
        var recorded = Recorded(which);
        using var initiator = Initiator(recorded);
        using var responder = Responder(recorded);
        Assert.Equal(recorded.InitiatorPublicKey, initiator.Identity.PublicKey.Span.ToArray());
        Assert.Equal(recorded.ResponderPublicKey, responder.Identity.PublicKey.Span.ToArray());
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Our_initiator_sends_the_recorded_bytes_and_agrees_on_the_keys(string which)
    {
        var recorded = Recorded(which);
        using var initiator = Initiator(recorded);

        var first = initiator.CreateInitiation(recorded.FirstInitiation.SenderIndex, recorded.FirstInitiation.Timestamp, 1 * Second);
        AssertBytes(recorded.FirstInitiation.Message, first);

        Assert.True(initiator.Cookies.ConsumeReply(recorded.CookieReply.Message, 2 * Second));
        var retried = initiator.CreateInitiation(recorded.RetriedInitiation.SenderIndex, recorded.RetriedInitiation.Timestamp, 6 * Second);
        AssertBytes(recorded.RetriedInitiation.Message, retried);

        Assert.True(initiator.Receive(recorded.Response.Message));
        var keys = initiator.DeriveSession();
        Assert.NotNull(keys);
        Assert.True(keys.IsInitiator);
        Assert.Equal(recorded.RetriedInitiation.SenderIndex, keys.LocalIndex);
        Assert.Equal(recorded.Response.SenderIndex, keys.RemoteIndex);
        AssertBytes(recorded.InitiatorToResponderKey, keys.Send);
        AssertBytes(recorded.ResponderToInitiatorKey, keys.Receive);
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Our_responder_takes_the_recorded_initiations_and_answers_with_the_recorded_bytes(string which)
    {
        var recorded = Recorded(which);
        using var responder = Responder(recorded);

        Assert.True(responder.Receive(recorded.FirstInitiation.Message, 1 * Second));
        Assert.True(responder.Receive(recorded.RetriedInitiation.Message, 6 * Second));
        Assert.Equal(recorded.RetriedInitiation.SenderIndex, responder.Handshake.RemoteIndex);

        AssertBytes(recorded.Response.Message, responder.CreateResponse(recorded.Response.SenderIndex, 6 * Second));
        var keys = responder.DeriveSession();
        Assert.NotNull(keys);
        Assert.False(keys.IsInitiator);
        Assert.Equal(recorded.Response.SenderIndex, keys.LocalIndex);
        Assert.Equal(recorded.RetriedInitiation.SenderIndex, keys.RemoteIndex);
        AssertBytes(recorded.ResponderToInitiatorKey, keys.Send);
        AssertBytes(recorded.InitiatorToResponderKey, keys.Receive);
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Every_AEAD_seals_and_opens_the_recorded_transport_messages(string which)
    {
        var recorded = Recorded(which);
        foreach (var name in TransportAeadFactory.Available)
        {
            var aead = TransportAeadFactory.Create(name);
            foreach (var message in recorded.InitiatorToResponder)
                AssertTransport(aead, recorded.InitiatorToResponderKey, recorded.Response.SenderIndex, message);
            foreach (var message in recorded.ResponderToInitiator)
                AssertTransport(aead, recorded.ResponderToInitiatorKey, recorded.RetriedInitiation.SenderIndex, message);
        }
    }

    [Fact]
    public void The_response_of_a_handshake_with_another_preshared_key_is_refused()
    {
        var recorded = Recorded("with a preshared key");
        using var initiator = Initiator(recorded);
        initiator.Handshake.SetPresharedKey(new byte[32]);
        _ = initiator.CreateInitiation(recorded.FirstInitiation.SenderIndex, recorded.FirstInitiation.Timestamp);
        _ = initiator.CreateInitiation(recorded.RetriedInitiation.SenderIndex, recorded.RetriedInitiation.Timestamp);
        Assert.False(initiator.Receive(recorded.Response.Message));
        initiator.Handshake.SetPresharedKey(recorded.PresharedKey);
        Assert.True(initiator.Receive(recorded.Response.Message));
    }

    [Fact]
    public void The_cookie_of_the_recorded_reply_signs_mac2()
    {
        var recorded = Recorded("without a preshared key");
        var mac2 = new byte[MessageFormat.MacSize];
        Blake2s.Keyed(mac2, recorded.CookieReply.Cookie, recorded.RetriedInitiation.Message.AsSpan(..^MessageFormat.MacSize));
        AssertBytes(recorded.RetriedInitiation.Message[^MessageFormat.MacSize..], mac2);

        var cookie = new byte[MessageFormat.MacSize];
        Blake2s.Keyed(cookie, recorded.CookieReply.Secret, recorded.CookieReply.Source);
        AssertBytes(recorded.CookieReply.Cookie, cookie);
    }

    [Theory]
    [InlineData("without a preshared key")]
    [InlineData("with a preshared key")]
    public void The_recorded_cookie_reply_is_made_again_and_the_retried_initiation_has_its_cookie(string which)
    {
        var recorded = Recorded(which);
        var from = UdpEndpoint.From(IPEndPoint.Parse("192.0.2.7:51820"));
        using var checker = new CookieChecker(new PublicKey(recorded.ResponderPublicKey), new RateLimiter(), bytes =>
            (bytes.Length == recorded.CookieReply.Nonce.Length ? recorded.CookieReply.Nonce : recorded.CookieReply.Secret).CopyTo(bytes));

        var reply = new byte[MessageFormat.CookieReplySize];
        checker.CreateReply(reply, recorded.FirstInitiation.Message, from, 0);
        AssertBytes(recorded.CookieReply.Message, reply);
        Assert.True(checker.IsMac1Valid(recorded.FirstInitiation.Message));
        Assert.True(checker.IsMac1Valid(recorded.RetriedInitiation.Message));
        Assert.Equal(CookieState.None, checker.CheckCookie(recorded.FirstInitiation.Message, from, 1));
        Assert.Equal(CookieState.Valid, checker.CheckCookie(recorded.RetriedInitiation.Message, from, 1));
    }

    private static HandshakeTranscript Recorded(string which) =>
        which == "with a preshared key" ? HandshakeTranscript.WithPresharedKey : HandshakeTranscript.WithoutPresharedKey;

    private static HandshakeParty Initiator(HandshakeTranscript recorded) => new(
        recorded.InitiatorPrivateKey,
        recorded.ResponderPublicKey,
        recorded.PresharedKey,
        new QueuedEphemerals(recorded.FirstInitiation.EphemeralPrivateKey, recorded.RetriedInitiation.EphemeralPrivateKey));

    private static HandshakeParty Responder(HandshakeTranscript recorded) => new(
        recorded.ResponderPrivateKey, recorded.InitiatorPublicKey, recorded.PresharedKey, new QueuedEphemerals(recorded.Response.EphemeralPrivateKey));

    private static void AssertTransport(TransportAead aead, byte[] key, uint receiver, RecordedTransportMessage recorded)
    {
        const int VectorRoom = 64;
        var length = recorded.Message.Length - MessageFormat.MinimumTransportSize;
        Assert.Equal(MessageType.Transport, MessageFormat.Classify(recorded.Message));
        Assert.Equal(receiver, MessageFormat.ReadIndex(recorded.Message, MessageFormat.Transport.ReceiverIndex));
        Assert.Equal(recorded.Counter, BitConverter.ToUInt64(recorded.Message, MessageFormat.Transport.Counter));

        var buffer = new byte[length + TransportAead.TagSize + VectorRoom];
        recorded.Plaintext.CopyTo(buffer, 0);
        fixed (byte* k = key, data = buffer)
        {
            AeadPacket[] packets = [new AeadPacket { Key = k, Counter = recorded.Counter, Data = data, Length = length }];
            aead.Seal(packets);
            AssertBytes(recorded.Message[MessageFormat.TransportHeaderSize..], buffer.AsSpan(0, length + TransportAead.TagSize));
            aead.Open(packets);
            Assert.True(packets[0].Authentic);
        }

        AssertBytes([.. recorded.Plaintext, .. new byte[length - recorded.Plaintext.Length]], buffer.AsSpan(0, length));
    }

    private static void AssertBytes(byte[] expected, ReadOnlySpan<byte> actual) => Assert.Equal(Hex.Text(expected), Hex.Text(actual));
}
