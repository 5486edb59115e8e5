using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Tests.Noise;

namespace WireGuard.Tests.Cookie;

public sealed class CookieCheckerTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private static readonly UdpEndpoint Home = UdpEndpoint.From(IPEndPoint.Parse("192.0.2.1:1000"));

    private readonly HandshakeParty _initiator;
    private readonly HandshakeParty _responder;
    private byte _timestamp;

    public CookieCheckerTests() => (_initiator, _responder) = HandshakeParty.Pair();

    [Fact]
    public void A_cookie_gets_its_owner_in_under_load()
    {
        Assert.Equal(CookieState.None, Check(Initiation(0), Home, 0));
        GiveCookie(Home, 0);
        Assert.Equal(CookieState.Valid, Check(Initiation(Second), Home, Second));
    }

    [Theory]
    [InlineData("192.0.2.1:1001")]
    [InlineData("192.0.2.2:1000")]
    [InlineData("[2001:db8::1]:1000")]
    public void A_cookie_is_worth_nothing_from_another_address_or_port(string elsewhere)
    {
        GiveCookie(Home, 0);
        Assert.Equal(CookieState.None, Check(Initiation(Second), UdpEndpoint.From(IPEndPoint.Parse(elsewhere)), Second));
    }

    [Fact]
    public void The_secret_behind_cookies_lives_120_seconds()
    {
        GiveCookie(Home, 0);
        var message = Initiation(Second);
        Assert.Equal(CookieState.Valid, Check(message, Home, (120 * Second) - 1));
        Assert.Equal(CookieState.None, Check(message, Home, 120 * Second));
    }

    [Fact]
    public void A_new_secret_makes_new_cookies_and_only_them_count()
    {
        GiveCookie(Home, 0);
        var old = Initiation(114 * Second);
        GiveCookie(Home, 120 * Second);
        Assert.Equal(CookieState.None, Check(old, Home, 121 * Second));
        Assert.Equal(CookieState.Valid, Check(Initiation(121 * Second), Home, 121 * Second));
    }

    [Fact]
    public void A_cookie_is_worth_nothing_to_a_neighbour_in_the_same_64()
    {
        var one = UdpEndpoint.From(IPEndPoint.Parse("[2001:db8::1]:1000"));
        GiveCookie(one, 0);
        Assert.Equal(CookieState.None, Check(Initiation(Second), UdpEndpoint.From(IPEndPoint.Parse("[2001:db8::2]:1000")), Second));
        Assert.Equal(CookieState.Valid, Check(Initiation(Second), one, Second));
    }

    [Fact]
    public void A_wrong_bit_in_mac2_is_no_cookie()
    {
        GiveCookie(Home, 0);
        var message = Initiation(Second);
        for (var bit = 0; bit < 128; bit++)
        {
            message[MessageFormat.InitiationSize - 16 + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.Equal(CookieState.None, Check(message, Home, Second));
            message[MessageFormat.InitiationSize - 16 + (bit / 8)] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_wrong_mac1_is_refused_whatever_mac2_says()
    {
        GiveCookie(Home, 0);
        var message = Initiation(Second);
        message[MessageFormat.InitiationSize - 32] ^= 1;
        Assert.False(_responder.Checker.IsMac1Valid(message));
    }

    [Fact]
    public void Even_the_owner_of_a_cookie_gets_its_share_only()
    {
        GiveCookie(Home, 0);
        for (var i = 0; i < 5; i++)
            Assert.Equal(CookieState.Valid, Check(Initiation(Second), Home, Second));
        Assert.Equal(CookieState.RateLimited, Check(Initiation(Second), Home, Second));
    }

    [Fact]
    public void No_two_replies_are_alike_and_none_is_longer_than_what_it_answers()
    {
        var message = Initiation(0);
        byte[] one = new byte[MessageFormat.CookieReplySize], other = new byte[MessageFormat.CookieReplySize];
        _responder.Checker.CreateReply(one, message, Home, 0);
        _responder.Checker.CreateReply(other, message, Home, 0);
        Assert.NotEqual(one[8..], other[8..]);
        Assert.Equal(message[4..8], one[4..8]);
        Assert.True(one.Length < MessageFormat.ResponseSize);
    }

    public void Dispose()
    {
        _initiator.Dispose();
        _responder.Dispose();
    }

    private byte[] Initiation(long now) => _initiator.CreateInitiation(1, HandshakeParty.Timestamp(++_timestamp), now);

    private CookieState Check(byte[] message, UdpEndpoint from, long now) => _responder.Checker.CheckCookie(message, from, now);

    private void GiveCookie(UdpEndpoint to, long now)
    {
        var reply = new byte[MessageFormat.CookieReplySize];
        _responder.Checker.CreateReply(reply, Initiation(now), to, now);
        Assert.True(_initiator.Cookies.ConsumeReply(reply, now));
    }
}
