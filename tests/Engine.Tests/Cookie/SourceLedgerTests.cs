using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Cookie;

public sealed class SourceLedgerTests
{
    private const long Second = 1_000_000_000;
    private readonly SourceLedger _ledger = new(share: 4);

    [Fact]
    public void A_share_is_used_up_and_given_back()
    {
        var source = Index("192.0.2.1:1");
        for (var i = 0; i < 4; i++)
        {
            Assert.False(_ledger.HasItsShare(source));
            _ledger.MessageQueued(source);
        }

        Assert.True(_ledger.HasItsShare(source));
        _ledger.MessageTaken(source);
        Assert.False(_ledger.HasItsShare(source));
    }

    [Fact]
    public void So_many_at_once_are_free_and_the_next_one_loads_for_a_second()
    {
        var source = Index("192.0.2.1:1");
        for (var i = 0; i < SourceLedger.Burst; i++)
            Assert.False(_ledger.Charge(source, Second));
        Assert.True(_ledger.Charge(source, Second));
        Assert.True(_ledger.Charge(source, (2 * Second) - 1));
        Assert.False(_ledger.Charge(source, 2 * Second));
    }

    [Fact]
    public void Load_lasts_as_long_as_the_flood()
    {
        var source = Index("192.0.2.1:1");
        var free = 0;
        for (var i = 0; i < 100_000; i++)
            if (!_ledger.Charge(source, i * Second / 10_000))
                free++;
        Assert.InRange(free, SourceLedger.Burst, SourceLedger.Burst + 10);
    }

    [Fact]
    public void A_loaded_source_is_looked_at_5000_times_a_second_and_as_often_where_there_may_be_a_cookie()
    {
        var source = Index("192.0.2.1:1");
        int looks = 0, looksForCookie = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var now = i * Second / 50_000;
            if (_ledger.TryLook(source, mayHaveCookie: false, now))
            {
                looks++;
                _ledger.Charge(source, now);
            }

            if (i % 20 == 0)
                Assert.True(_ledger.TryLook(source, mayHaveCookie: true, now));
            if (i >= 50_000 && _ledger.TryLook(source, mayHaveCookie: true, now))
                looksForCookie++;
        }

        Assert.InRange(looks, 10_000, 10_000 + (3 * SourceLedger.Burst));
        Assert.InRange(looksForCookie, 2000, 6000);
    }

    [Fact]
    public void A_source_that_is_not_loaded_is_always_looked_at()
    {
        var source = Index("192.0.2.1:1");
        for (var i = 0; i < 100_000; i++)
            Assert.True(_ledger.TryLook(source, mayHaveCookie: i % 2 == 0, Second));
    }

    [Fact]
    public void Whoever_keeps_to_its_rate_is_never_loaded()
    {
        var source = Index("192.0.2.1:1");
        for (var i = 0; i < 10_000; i++)
            Assert.False(_ledger.Charge(source, i * (Second / SourceLedger.PerSecond)));
    }

    [Theory]
    [InlineData("192.0.2.1:1", "192.0.2.1:2", true)]
    [InlineData("192.0.2.1:1", "192.0.2.2:1", false)]
    [InlineData("[2001:db8::1]:1", "[2001:db8::ffff:1]:1", true)]
    [InlineData("[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false)]
    public void IPv4_addresses_and_IPv6_64s_are_sources(string one, string other, bool areOne)
    {
        // Two sources may meet in a table; they do not in all of several.
        Assert.Equal(areOne, Enumerable.Range(0, 8).Select(_ => new SourceLedger(1)).All(l => l.IndexOf(From(one)) == l.IndexOf(From(other))));
    }

    [Fact]
    public void Whom_a_source_meets_is_another_one_in_each_table()
    {
        var source = From("192.0.2.1:1");
        Assert.NotEqual(1, Enumerable.Range(0, 16).Select(_ => new SourceLedger(1).IndexOf(source)).Distinct().Count());
    }

    [Theory]
    [InlineData("10.0.{0}.{1}:7")]
    [InlineData("10.{0}.{1}.1:7")]
    [InlineData("[2001:db8:{0}:{1}::1]:7")]
    public void Sources_spread_over_the_table(string pattern)
    {
        var counts = new int[SourceLedger.DefaultSize];
        for (var i = 0; i < 8 * SourceLedger.DefaultSize; i++)
            counts[Index(string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, i >> 8 & 255, i & 255))]++;
        Assert.InRange(counts.Max(), 1, 60);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var source = From("192.0.2.1:1");
        AllocationMeter.AssertNothingAllocated(() =>
        {
            var index = _ledger.IndexOf(source);
            _ledger.MessageQueued(index);
            _ledger.Charge(index, Second);
            _ledger.MessageTaken(index);
        });
    }

    private int Index(string source) => _ledger.IndexOf(From(source));

    private static UdpEndpoint From(string text) => UdpEndpoint.From(IPEndPoint.Parse(text));
}
