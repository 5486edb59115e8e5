using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Noise;

namespace WireGuard.Tests.Device;

/// <summary>A flood from one source is that source's trouble and nobody else's.</summary>
public sealed class SourceFloodTests : IDisposable
{
    private const int Share = ProtocolLimits.MaxQueuedHandshakes / 16;
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");

    private readonly DevicePair _pair = new();
    private readonly ForgedFlood _flood;
    private readonly Dictionary<IPEndPoint, int> _cookiesTo = [];

    public SourceFloodTests()
    {
        _flood = new ForgedFlood(_pair);
        Listen(ForgedFlood.OneSource);
        _pair.Network.Filter = (from, to, datagram) =>
        {
            if (datagram[0] == (byte)MessageType.CookieReply)
                _cookiesTo[to] = CookiesTo(to) + 1;
            return 1;
        };
    }

    [Fact]
    public void It_gets_its_share_of_the_queue_and_a_newcomer_is_not_even_asked_for_a_cookie()
    {
        _flood.FromOneSource(6000);
        Assert.Equal(Share, _pair.B.QueuedHandshakes);
        Assert.Equal(AtoB, _pair.SendAtoB(AtoB));
        for (var i = 0; i < 50; i++)
        {
            _flood.FromOneSource(1000);
            _pair.Run(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(0, CookiesTo(_pair.A.Endpoint));
        Assert.InRange(CookiesTo(ForgedFlood.OneSource), 1, 51 * Share);
    }

    [Fact]
    public void Beyond_its_budget_it_costs_no_key_agreement()
    {
        const int Sent = 100 * 200;
        for (var i = 0; i < 100; i++)
        {
            _flood.FromOneSource(200);
            _pair.Run(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));
        }

        // Whatever is answered by a cookie was looked into no further.
        Assert.InRange(Sent - CookiesTo(ForgedFlood.OneSource), SourceLedger.Burst, SourceLedger.Burst + 30);
    }

    [Fact]
    public void It_gets_no_more_answers_the_more_it_sends()
    {
        for (var i = 0; i < 500; i++)
        {
            _flood.FromOneSource(100);
            _pair.Run(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(2));
        }

        Assert.InRange(CookiesTo(ForgedFlood.OneSource), SourceLedger.LooksPerSecond - SourceLedger.Burst, SourceLedger.LooksPerSecond + SourceLedger.Burst);
    }

    [Fact]
    public void Other_ports_and_a_whole_64_are_one_source()
    {
        for (var i = 0; i < 600; i++)
            _flood.FromOneSource(1, new IPEndPoint(IPAddress.Parse("198.51.100.7"), 1000 + i));
        Assert.Equal(Share, _pair.B.QueuedHandshakes);
        for (var i = 0; i < 600; i++)
            _flood.FromOneSource(1, IPEndPoint.Parse($"[2001:db8:7:7::{i + 1:x}]:7"));
        Assert.Equal(2 * Share, _pair.B.QueuedHandshakes);
    }

    [Fact]
    public void A_peer_behind_the_same_address_gets_in_with_a_cookie()
    {
        var neighbour = new IPEndPoint(_pair.A.Address, 7);
        _flood.FromOneSource(Share, neighbour);
        _pair.Settle();
        _pair.A.Tun.Inject(AtoB);
        for (var i = 0; i < 70; i++)
        {
            _flood.FromOneSource(Share - 1, neighbour);
            _pair.Run(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(1, CookiesTo(_pair.A.Endpoint));
        Assert.Equal(AtoB, _pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_source_that_stops_is_as_good_as_any_after_a_second()
    {
        _flood.FromOneSource(3000, new IPEndPoint(_pair.A.Address, 7));
        _pair.Settle();
        _pair.Time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(AtoB, _pair.SendAtoB(AtoB));
        Assert.Equal(0, CookiesTo(_pair.A.Endpoint));
    }

    [Fact]
    public void Junk_in_the_name_of_a_peer_does_not_make_it_loaded()
    {
        for (var i = 0; i < 3000; i++)
        {
            _pair.Network.Inject(new IPEndPoint(_pair.A.Address, 7), _pair.B.Endpoint, [1, 0, 0, 0, .. new byte[144]]);
            _pair.Network.Inject(new IPEndPoint(_pair.A.Address, 7), _pair.B.Endpoint, [3, 0, 0, 0, .. new byte[60]]);
            _pair.Settle();
        }

        Assert.Equal(AtoB, _pair.SendAtoB(AtoB));
        Assert.Equal(0, CookiesTo(_pair.A.Endpoint));
    }

    [Fact]
    public void With_a_cookie_a_loaded_source_has_twenty_handshakes_a_second()
    {
        var home = IPEndPoint.Parse("198.51.100.9:9");
        using var party = Stranger(home, out var answers);
        var number = 0;
        for (var step = 0; step < 150; step++)
        {
            _flood.FromOneSource(50, new IPEndPoint(home.Address, 7));
            _pair.Network.Inject(home, _pair.B.Endpoint, party.CreateInitiation(1, HandshakeParty.Timestamp((byte)++number), Now));
            _pair.Run(TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(25));
        }

        // 150 in 3.75 s; the first few before the source was loaded, then one for the cookie, five at once and twenty a second.
        Assert.InRange(answers(), 70, 70 + 25);
    }

    [Fact]
    public void Initiations_of_one_peer_closer_than_20_ms_are_dropped()
    {
        var home = IPEndPoint.Parse("198.51.100.9:9");
        using var party = Stranger(home, out var answers);
        for (byte number = 1; number <= 100; number++)
        {
            _pair.Network.Inject(home, _pair.B.Endpoint, party.CreateInitiation(1, HandshakeParty.Timestamp(number), Now));
            _pair.Run(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(answers(), 34, 50);
    }

    [Fact]
    public void It_allocates_nothing()
    {
        _pair.Network.Filter = null;
        var macs = new CookieGenerator(_pair.B.PublicKey);
        var route = new ChannelRoute(ForgedFlood.OneSource, _pair.B.Endpoint);
        var messages = Enumerable.Range(0, 64).Select(_ => ForgedFlood.Message(macs)).ToArray();
        AllocationMeter.AssertNothingAllocated(() =>
        {
            foreach (var message in messages)
                _pair.Network.Deliver(route, message);
            while (_pair.B.Pump())
            {
            }
        });
    }

    public void Dispose() => _pair.Dispose();

    private long Now => _pair.Time.GetTimestamp();

    private int CookiesTo(IPEndPoint to) => _cookiesTo.GetValueOrDefault(to);

    // The network's filter sees what somebody receives, and nothing else.
    private void Listen(IPEndPoint at) => _pair.Network.Attach(at.Address).Open((ushort)at.Port, 0);

    /// <summary>A peer of B without a device: handshakes as fast as the test likes, cookies used as they come.</summary>
    private HandshakeParty Stranger(IPEndPoint home, out Func<int> answers)
    {
        var party = new HandshakeParty(HandshakeParty.RandomKey(), _pair.B.PublicKey.Span.ToArray());
        _pair.B.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = party.Identity.PublicKey }] });
        Listen(home);
        var count = 0;
        _pair.Network.Filter = (_, to, datagram) =>
        {
            if (!to.Equals(home))
                return 1;
            if (datagram[0] == (byte)MessageType.CookieReply)
                Assert.True(party.Cookies.ConsumeReply(datagram, Now));
            else if (datagram[0] == (byte)MessageType.Response)
                count++;
            return 1;
        };
        answers = () => count;
        return party;
    }
}
