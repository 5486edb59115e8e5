using System.Buffers.Binary;
using System.Net;

namespace WireGuard.Tests.Device;

/// <summary>A device whose system routes its own datagrams back into its TUN.</summary>
public sealed class RoutingLoopTests : IDisposable
{
    private const int TransportReceiverIndex = 4;

    private readonly DevicePair _pair = new();
    private readonly List<byte[]> _sent = [];

    public RoutingLoopTests()
    {
        _pair.A.AddPeer(_pair.B, ["10.0.0.2/32", "192.0.2.0/24", "2001:db8::/32"], withEndpoint: false);
        _pair.Network.Filter = (from, _, datagram) =>
        {
            if (from.Address.Equals(IPAddress.Parse("192.0.2.1")) || from.Address.Equals(IPAddress.Parse("2001:db8::1")))
                _sent.Add(datagram.ToArray());
            return 1;
        };
    }

    public void Dispose() => _pair.Dispose();

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void A_datagram_of_its_own_is_not_sealed_again(string from, string to)
    {
        var own = SendOne(to);
        Inject(from, to, own);
        Assert.Empty(_sent);
        Assert.Contains(_pair.A.Log.Messages, m => m.Contains("leads into its own tunnel", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void A_datagram_of_another_tunnel_to_the_same_place_passes(string from, string to)
    {
        var other = SendOne(to);
        other[TransportReceiverIndex] ^= 1;
        Inject(from, to, other);
        Assert.Single(_sent);
    }

    [Fact]
    public void A_datagram_to_another_port_passes()
    {
        var own = SendOne("192.0.2.2");
        Inject("192.0.2.1", "192.0.2.2", own, DeviceUnderTest.Port + 1);
        Assert.Single(_sent);
    }

    [Fact]
    public void An_initiation_of_its_own_does_not_wait_for_the_session_that_it_asks_for()
    {
        _pair.Network.Filter = (_, _, datagram) =>
        {
            _sent.Add(datagram.ToArray());
            return 0;
        };
        _pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        _pair.Settle();
        var initiation = Assert.Single(_sent);
        Inject("192.0.2.1", "192.0.2.2", initiation);
        _pair.Network.Filter = (from, _, datagram) =>
        {
            if (from.Address.Equals(IPAddress.Parse("192.0.2.1")))
                _sent.Add(datagram.ToArray());
            return 1;
        };
        _pair.Run(TimeSpan.FromSeconds(7));
        Assert.NotNull(_pair.B.Tun.TakeOrNull());
        Assert.Single(_sent, datagram => datagram[0] == 4 && datagram.Length > 32);
    }

    /// <summary>What a packet to B looks like on the wire when B is at that address.</summary>
    private byte[] SendOne(string outer)
    {
        _pair.A.Device.Apply(new() { Peers = [new() { PublicKey = _pair.B.PublicKey, Endpoint = new IPEndPoint(IPAddress.Parse(outer), DeviceUnderTest.Port) }] });
        Assert.NotNull(_pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        var datagram = _sent[^1];
        Assert.Equal(4, datagram[0]);
        return datagram;
    }

    private void Inject(string from, string to, byte[] datagram, int port = DeviceUnderTest.Port)
    {
        _sent.Clear();
        var packet = TestPacket.Make(from, to, datagram.Length);
        var udp = packet.AsSpan(packet.Length - datagram.Length - 8);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)port);
        datagram.CopyTo(udp[8..]);
        _pair.A.Tun.Inject(packet);
        _pair.Settle();
    }
}
