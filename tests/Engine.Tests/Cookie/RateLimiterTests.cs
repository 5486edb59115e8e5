using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Cookie;

public sealed class RateLimiterTests
{
    private const long Second = 1_000_000_000;
    private readonly RateLimiter _limiter = new();

    [Fact]
    public void Five_at_once_then_twenty_a_second()
    {
        var source = From("192.0.2.1:1");
        for (var i = 0; i < 5; i++)
            Assert.True(_limiter.TryTake(source, Second));
        Assert.False(_limiter.TryTake(source, Second));
        Assert.False(_limiter.TryTake(source, Second + (Second / 20) - 1));
        Assert.True(_limiter.TryTake(source, Second + (Second / 20)));
        Assert.False(_limiter.TryTake(source, Second + (Second / 20)));

        var taken = 0;
        for (var i = 1; i <= 2000; i++)
            if (_limiter.TryTake(source, (2 * Second) + (i * Second / 1000)))
                taken++;
        Assert.InRange(taken, 40, 46);
    }

    [Fact]
    public void A_pause_fills_the_burst_and_no_more()
    {
        var source = From("192.0.2.1:1");
        Assert.True(_limiter.TryTake(source, 0));
        for (var i = 0; i < 5; i++)
            Assert.True(_limiter.TryTake(source, 100 * Second));
        Assert.False(_limiter.TryTake(source, 100 * Second));
    }

    [Theory]
    [InlineData("192.0.2.1:1", "192.0.2.1:2", true)]
    [InlineData("192.0.2.1:1", "192.0.2.2:1", false)]
    [InlineData("[2001:db8::1]:1", "[2001:db8::ffff:1]:1", true)]
    [InlineData("[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false)]
    public void IPv4_addresses_and_IPv6_64s_share_nothing(string one, string other, bool areOne)
    {
        for (var i = 0; i < 5; i++)
            Assert.True(_limiter.TryTake(From(one), 0));
        Assert.Equal(!areOne, _limiter.TryTake(From(other), 0));
    }

    [Fact]
    public void The_table_is_bounded_and_swept()
    {
        var limiter = new RateLimiter(capacity: 100);
        for (var i = 0; i < 100; i++)
            Assert.True(limiter.TryTake(From($"10.0.0.{i}:1"), 0));
        Assert.False(limiter.TryTake(From("10.0.1.1:1"), 0));
        Assert.True(limiter.TryTake(From("10.0.0.1:1"), 0));
        Assert.Equal(100, limiter.Count);
        Assert.True(limiter.TryTake(From("10.0.1.1:1"), (2 * Second) + 1));
        Assert.Equal(1, limiter.Count);
    }

    private static UdpEndpoint From(string text) => UdpEndpoint.From(IPEndPoint.Parse(text));
}
