using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Device;

/// <summary>Which of its own addresses a device answers from, when it has several.</summary>
public sealed class StickySourceTests : IDisposable
{
    private static readonly IPAddress s_first = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_contacted = IPAddress.Parse("192.0.2.101");

    private readonly ChannelNetwork _network = new();
    private readonly ManualTimeProvider _time = new();
    private readonly DeviceUnderTest _server;
    private readonly DeviceUnderTest _client;
    private readonly List<IPAddress> _answeredFrom = [];

    public StickySourceTests()
    {
        _server = new DeviceUnderTest(_network, _time, "server", null, s_first, s_contacted);
        _client = new DeviceUnderTest(_network, _time, "client", null, IPAddress.Parse("192.0.2.2"));
        _server.AddPeer(_client, ["10.0.0.2/32"], withEndpoint: false);
        _client.AddPeer(_server, ["10.0.0.1/32"]);
        Contact();
        _network.Filter = (from, _, _) =>
        {
            if (from.Address.Equals(s_first) || from.Address.Equals(s_contacted))
                _answeredFrom.Add(from.Address);
            return 1;
        };
        Say(_client, "10.0.0.2", "10.0.0.1");
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Answers_leave_from_the_address_that_was_contacted()
    {
        Assert.NotEmpty(_answeredFrom);
        AssertServerSpeaksFrom(s_contacted);
    }

    [Fact]
    public void A_source_that_serves_no_longer_is_forgotten_at_once()
    {
        _server.Bind.LoseSource(s_contacted);
        AssertServerSpeaksFrom(s_first);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_change_of_mark_or_port_forgets_the_source(bool isMark)
    {
        AssertServerSpeaksFrom(s_contacted);
        using (var change = isMark ? new DeviceChange { FwMark = 7 } : new DeviceChange { ListenPort = 40_404 })
            _server.Device.Apply(change);
        AssertServerSpeaksFrom(s_first);
    }

    [Fact]
    public void What_still_comes_to_a_forgotten_source_does_not_bring_it_back()
    {
        _server.Bind.LoseSource(s_contacted);
        Say(_client, "10.0.0.2", "10.0.0.1");
        AssertServerSpeaksFrom(s_first);
    }

    [Fact]
    public void A_forgotten_source_that_serves_again_is_learned_again()
    {
        _server.Bind.LoseSource(s_contacted);
        AssertServerSpeaksFrom(s_first);
        _server.Bind.LoseSource(null);
        Contact();
        Say(_client, "10.0.0.2", "10.0.0.1");
        AssertServerSpeaksFrom(s_contacted);
    }

    [Fact]
    public void A_change_elsewhere_leaves_the_source_alone()
    {
        _server.Bind.LoseSource(IPAddress.Parse("192.0.2.77"));
        AssertServerSpeaksFrom(s_contacted);
    }

    [Fact]
    public void A_handshake_that_is_not_answered_is_tried_again_from_where_the_system_chooses()
    {
        var initiatedFrom = new List<IPAddress>();
        _network.Filter = (from, _, datagram) =>
        {
            if (datagram[0] == 1)
                initiatedFrom.Add(from.Address);
            return 0;
        };
        // The session is over, so that nothing but the handshake is sent and only its retry can forget.
        _time.Advance(TimeSpan.FromSeconds(200));
        _server.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        for (var i = 0; i < 12; i++)
        {
            _server.Pump();
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal([s_contacted, s_first], initiatedFrom);
    }

    private void Contact() => _client.Device.Apply(new()
    {
        Peers = [new() { PublicKey = _server.PublicKey, Endpoint = new IPEndPoint(s_contacted, DeviceUnderTest.Port) }],
    });

    private void AssertServerSpeaksFrom(IPAddress expected)
    {
        _answeredFrom.Clear();
        Say(_server, "10.0.0.1", "10.0.0.2");
        Assert.NotEmpty(_answeredFrom);
        Assert.All(_answeredFrom, from => Assert.Equal(expected, from));
    }

    private void Say(DeviceUnderTest speaker, string from, string to)
    {
        speaker.Tun.Inject(TestPacket.Make(from, to));
        while (_server.Pump() | _client.Pump())
        {
        }
    }
}
