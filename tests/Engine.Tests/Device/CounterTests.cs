using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Device;

/// <summary>Bytes as the kernel driver counts them: whole datagrams, authentic ones in, sent ones out.</summary>
public sealed class CounterTests
{
    private const int Initiation = 148;
    private const int Response = 92;
    private const int Keepalive = 32;

    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");

    [Fact]
    public void Ten_echoes_with_64_bytes_of_payload_and_their_answers()
    {
        using var pair = new DevicePair();
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(pair.SendAtoB(AtoB));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        // The initiation took the response, and its first echo confirmed the session: no keepalive.
        AssertCounts(pair.A, pair.B, received: Response + 1280, sent: Initiation + 1280);
        AssertCounts(pair.B, pair.A, received: Initiation + 1280, sent: Response + 1280);
        Assert.Equal((1372UL, 1428UL), (pair.A.Peer(pair.B.PublicKey).RxBytes, pair.A.Peer(pair.B.PublicKey).TxBytes));
    }

    [Fact]
    public void Ten_echoes_on_a_session_that_a_keepalive_confirmed()
    {
        using var pair = new DevicePair(connect: false);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.A.Device.RequestHandshake(pair.PeerAtA, pair.A.Device.Clock.Now);
        pair.Settle();
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(pair.SendBtoA(BtoA));
            Assert.NotNull(pair.SendAtoB(AtoB));
        }

        Assert.Equal((1372UL, 1460UL), (pair.A.Peer(pair.B.PublicKey).RxBytes, pair.A.Peer(pair.B.PublicKey).TxBytes));
        AssertCounts(pair.B, pair.A, received: 1460, sent: 1372);
    }

    [Fact]
    public void Keepalives_count_at_both_ends()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(1));
        AssertCounts(pair.A, pair.B, received: Response + Keepalive, sent: Initiation + 128);
        AssertCounts(pair.B, pair.A, received: Initiation + 128, sent: Response + Keepalive);
    }

    [Theory]
    [InlineData("10.0.0.77", false)]
    [InlineData("10.0.0.1", true)]
    public void Data_that_a_check_drops_is_sent_but_not_received(string source, bool isCut)
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var packet = TestPacket.Make(source, "10.0.0.2");
        if (isCut)
            packet[3] = 200;
        Assert.Null(pair.SendAtoB(packet));
        AssertCounts(pair.A, pair.B, received: Response, sent: Initiation + 256);
        AssertCounts(pair.B, pair.A, received: Initiation + 128, sent: Response);
    }

    [Fact]
    public void Forged_and_repeated_datagrams_do_not_count()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Network.Filter = null;
        pair.Time.Advance(TimeSpan.FromSeconds(1));
        foreach (var message in sent)
        {
            var to = message.FromB ? pair.A.Endpoint : pair.B.Endpoint;
            pair.Network.Inject(pair.A.Endpoint, to, message.Bytes);
            message.Bytes[^1] ^= 1;
            pair.Network.Inject(pair.A.Endpoint, to, message.Bytes);
        }

        pair.Settle();
        AssertCounts(pair.A, pair.B, received: Response, sent: Initiation + 128);
        AssertCounts(pair.B, pair.A, received: Initiation + 128, sent: Response);
    }

    [Fact]
    public void What_the_socket_does_not_take_is_not_counted_as_sent()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        // There is no IPv6 at A: the socket has no way to there.
        using var lame = new DeviceUnderTest(pair.Network, pair.Time, "wgl", null, IPAddress.Parse("192.0.2.7"));
        lame.Device.Apply(new DeviceChange
        {
            Peers = [new PeerChange { PublicKey = pair.B.PublicKey, Endpoint = IPEndPoint.Parse("[2001:db8::2]:51820"), AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("10.0.0.2/32"))] }],
        });
        lame.Tun.Inject(TestPacket.Make("10.0.0.7", "10.0.0.2"));
        while (lame.Pump())
        {
        }

        AssertCounts(lame, pair.B, received: 0, sent: 0);

        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.B.PublicKey, Endpoint = IPEndPoint.Parse("192.0.2.2:51820") }] });
        pair.A.Bind.Close();
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        AssertCounts(pair.A, pair.B, received: Response, sent: Initiation + 128);
        Assert.False(pair.PeerAtA.Timers.IsArmed(PeerTimer.SendKeepalive));
    }

    [Fact]
    public void Padding_counts_and_counters_outlive_a_link_that_goes_down()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2", 1)));
        AssertCounts(pair.B, pair.A, received: Initiation + 32 + 32, sent: Response);
        pair.B.Tun.Raise(TunEvent.Down);
        pair.B.Tun.Raise(TunEvent.Up);
        AssertCounts(pair.B, pair.A, received: Initiation + 32 + 32, sent: Response);
    }

    [Fact]
    public void Counters_are_64_bits_wide()
    {
        using var pair = new DevicePair();
        for (var i = 0; i < 5; i++)
            pair.PeerAtA.AddReceived(int.MaxValue);
        Assert.Equal(5UL * int.MaxValue, pair.A.Peer(pair.B.PublicKey).RxBytes);
    }

    private static void AssertCounts(DeviceUnderTest device, DeviceUnderTest other, int received, int sent)
    {
        PeerSnapshot peer = device.Peer(other.PublicKey);
        Assert.Equal(((ulong)received, (ulong)sent), (peer.RxBytes, peer.TxBytes));
    }
}
