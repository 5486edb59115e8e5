using WireGuard.Engine.Noise;
using WireGuard.Tests.Crypto;
using WireGuard.Tests.Noise;

namespace WireGuard.Tests.Cookie;

public class CookieTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Mac1_with_any_bit_wrong_is_refused()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            var message = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            Assert.True(responder.Checker.IsMac1Valid(message));
            for (var bit = 0; bit < 8 * (MessageFormat.InitiationSize - MessageFormat.MacSize); bit++)
            {
                message[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(responder.Checker.IsMac1Valid(message), $"bit {bit}");
                message[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            Assert.True(responder.Checker.IsMac1Valid(message));
        }
    }

    [Fact]
    public void Mac1_is_for_one_receiver_only()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            var message = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            Assert.False(initiator.Checker.IsMac1Valid(message));
        }
    }

    [Fact]
    public void Mac2_is_zero_without_a_cookie()
    {
        var (initiator, responder) = HandshakeParty.Pair();
        using (initiator)
        using (responder)
        {
            var message = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
            Assert.Equal(new byte[16], message[^16..]);
        }
    }

    [Fact]
    public void A_cookie_is_used_for_115_seconds()
    {
        using var initiator = WithCookieAt(Second);
        Assert.NotEqual(new byte[16], initiator.CreateInitiation(2, HandshakeParty.Timestamp(2), Second + (115 * Second) - 1)[^16..]);
        Assert.Equal(new byte[16], initiator.CreateInitiation(3, HandshakeParty.Timestamp(3), Second + (115 * Second))[^16..]);
    }

    [Fact]
    public void A_reply_is_taken_once()
    {
        using var initiator = WithCookieAt(Second);
        Assert.False(initiator.Cookies.ConsumeReply(HandshakeTranscript.WithPresharedKey.CookieReply.Message, Second));
    }

    [Fact]
    public void A_reply_to_nothing_or_to_another_message_is_refused()
    {
        var recorded = HandshakeTranscript.WithPresharedKey;
        using var initiator = new HandshakeParty(recorded.InitiatorPrivateKey, recorded.ResponderPublicKey);
        Assert.False(initiator.Cookies.ConsumeReply(recorded.CookieReply.Message, 0));
        _ = initiator.CreateInitiation(1, HandshakeParty.Timestamp(1));
        Assert.False(initiator.Cookies.ConsumeReply(recorded.CookieReply.Message, 0));
        Assert.Equal(new byte[16], initiator.CreateInitiation(2, HandshakeParty.Timestamp(2))[^16..]);
    }

    [Fact]
    public void A_reply_with_any_bit_of_nonce_or_cookie_wrong_is_refused_and_the_genuine_one_still_taken()
    {
        var recorded = HandshakeTranscript.WithPresharedKey;
        using var initiator = AfterFirstInitiation(recorded);
        var reply = (byte[])recorded.CookieReply.Message.Clone();
        for (var bit = 8 * MessageFormat.CookieReply.Nonce; bit < 8 * MessageFormat.CookieReplySize; bit++)
        {
            reply[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(initiator.Cookies.ConsumeReply(reply, 0), $"bit {bit}");
            reply[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Equal(Hex.Text(recorded.CookieReply.Message), Hex.Text(reply));
        Assert.True(initiator.Cookies.ConsumeReply(reply, 0));
    }

    private static HandshakeParty WithCookieAt(long now)
    {
        var initiator = AfterFirstInitiation(HandshakeTranscript.WithPresharedKey);
        Assert.True(initiator.Cookies.ConsumeReply(HandshakeTranscript.WithPresharedKey.CookieReply.Message, now));
        return initiator;
    }

    // The recorded reply answers this message and no other.
    private static HandshakeParty AfterFirstInitiation(HandshakeTranscript recorded)
    {
        var first = recorded.FirstInitiation;
        var initiator = new HandshakeParty(
            recorded.InitiatorPrivateKey,
            recorded.ResponderPublicKey,
            recorded.PresharedKey,
            new QueuedEphemerals(first.EphemeralPrivateKey, HandshakeParty.RandomKey(), HandshakeParty.RandomKey()));
        _ = initiator.CreateInitiation(first.SenderIndex, first.Timestamp);
        return initiator;
    }
}
