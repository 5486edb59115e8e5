using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>Floods from everywhere: the device is under load, and who receives at its address still gets in (whitepaper, section 5.3).</summary>
public sealed class UnderLoadTests : IDisposable
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");

    private readonly DevicePair _pair = new();
    private readonly ForgedFlood _flood;
    private readonly List<IPEndPoint> _cookiesTo = [];

    public UnderLoadTests()
    {
        _flood = new ForgedFlood(_pair);
        _pair.Network.Filter = (from, to, datagram) =>
        {
            if (datagram[0] == (byte)MessageType.CookieReply)
                _cookiesTo.Add(to);
            return 1;
        };
    }

    [Fact]
    public void Under_load_a_newcomer_is_asked_for_a_cookie_and_gets_in_with_it()
    {
        _flood.FromEverywhere(1000);
        _pair.A.Tun.Inject(AtoB);
        _pair.Settle();
        Assert.Single(_cookiesTo, _pair.A.Endpoint);
        Assert.Null(_pair.A.Peer(_pair.B.PublicKey).LastHandshake);

        for (var second = 0; second < 7; second++)
        {
            _flood.FromEverywhere(1000);
            _pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }

        Assert.Single(_cookiesTo, _pair.A.Endpoint);
        Assert.Equal(AtoB, _pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void Responses_too_need_a_cookie_under_load()
    {
        var toA = TestPacket.Make("10.0.0.2", "10.0.0.1");
        _pair.B.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = _pair.A.PublicKey, Endpoint = _pair.A.Endpoint }] });
        _pair.B.Tun.Inject(toA);
        for (var second = 0; second < 8; second++)
        {
            _flood.FromEverywhere(1000);
            _pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            if (second < 5)
                Assert.Null(_pair.B.Peer(_pair.A.PublicKey).LastHandshake);
        }

        Assert.Single(_cookiesTo, _pair.A.Endpoint);
        Assert.Equal(toA, _pair.A.Tun.TakeOrNull());
    }

    [Theory]
    [InlineData(512, false)]
    [InlineData(513, true)]
    public void An_eighth_of_the_queue_behind_a_message_is_load(int messages, bool isLoad)
    {
        _flood.ListenEverywhere(messages);
        _flood.FromEverywhere(messages);
        Assert.Equal(messages, _pair.B.QueuedHandshakes);
        _pair.Settle();
        Assert.Equal(isLoad ? messages : 0, _cookiesTo.Count);
    }

    [Fact]
    public void A_flood_disturbs_no_session_that_is_there()
    {
        Assert.NotNull(_pair.SendAtoB(AtoB));
        for (var i = 0; i < 10; i++)
        {
            _flood.FromEverywhere(1000);
            Assert.Equal(AtoB, _pair.SendAtoB(AtoB));
        }
    }

    [Fact]
    public void A_flood_writes_a_few_lines_a_second()
    {
        for (var second = 0; second < 5; second++)
        {
            _flood.FromOneSource(6000);
            _pair.Settle();
            for (var i = 0; i < 500; i++)
                _pair.Network.Inject(ForgedFlood.OneSource, _pair.B.Endpoint, [1, 0, 0, 0, .. new byte[144]]);
            _pair.Settle();
            _pair.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_pair.B.Log.Messages.Count(m => m.Contains("198.51.100.7:7", StringComparison.Ordinal)), 1, 20);
        Assert.Contains(_pair.B.Log.Messages, m => m.Contains("more like it not shown", StringComparison.Ordinal));
    }

    [Fact]
    public void The_queue_is_bounded()
    {
        _flood.FromEverywhere(6000);
        Assert.Equal(ProtocolLimits.MaxQueuedHandshakes, _pair.B.QueuedHandshakes);
        _pair.Settle();
        Assert.NotNull(_pair.SendAtoB(AtoB) ?? Later());
    }

    [Fact]
    public void Load_counts_for_a_second_after_the_queue_has_shortened()
    {
        _flood.FromEverywhere(1000);
        _pair.Settle();
        Assert.Equal(0, _pair.B.QueuedHandshakes);
        _pair.Time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Null(_pair.SendAtoB(AtoB));
        Assert.Single(_cookiesTo, _pair.A.Endpoint);
    }

    [Fact]
    public void Load_is_forgotten_a_second_after_the_flood()
    {
        _flood.FromEverywhere(1000);
        _pair.Settle();
        _pair.Time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(AtoB, _pair.SendAtoB(AtoB));
    }

    [Fact]
    public void Who_does_not_know_our_key_does_not_reach_the_queue()
    {
        for (var i = 0; i < 2000; i++)
        {
            _pair.Network.Inject(ForgedFlood.OneSource, _pair.B.Endpoint, [1, 0, 0, 0, .. new byte[144]]);
            _pair.Network.Inject(ForgedFlood.OneSource, _pair.B.Endpoint, [2, 0, 0, 0, .. new byte[88]]);
            _pair.Network.Inject(ForgedFlood.OneSource, _pair.B.Endpoint, [3, 0, 0, 0, .. new byte[60]]);
            if (i % 50 == 0)
                _pair.B.PumpLanes();
        }

        _pair.B.PumpLanes();
        Assert.Equal(0, _pair.B.QueuedHandshakes);
    }

    [Fact]
    public void What_was_meant_for_an_old_key_of_ours_is_not_answered_with_the_new_one()
    {
        _flood.ListenEverywhere(1000);
        _flood.FromEverywhere(1000);
        using var key = SecretKey.RandomPrivateKey();
        _pair.B.Device.Apply(new DeviceChange { PrivateKey = key });
        _pair.Settle();
        Assert.Empty(_cookiesTo);
    }

    public void Dispose() => _pair.Dispose();

    private byte[]? Later()
    {
        _pair.Run(TimeSpan.FromSeconds(7));
        return _pair.B.Tun.TakeOrNull();
    }
}
