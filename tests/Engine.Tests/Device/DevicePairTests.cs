using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Device;

public sealed class DevicePairTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", 0)]
    [InlineData("10.0.0.1", "10.0.0.2", 1)]
    [InlineData("10.0.0.1", "10.0.0.2", 64)]
    [InlineData("10.0.0.1", "10.0.0.2", 1392)]
    [InlineData("fd00::1", "fd00::2", 0)]
    [InlineData("fd00::1", "fd00::2", 1372)]
    public void A_packet_arrives_as_it_was_sent(string from, string to, int payload)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make(from, to, payload);
        Assert.Equal(packet, pair.SendAtoB(packet));
        var answer = TestPacket.Make(to, from, payload);
        Assert.Equal(answer, pair.SendBtoA(answer));
    }

    [Fact]
    public void Preshared_keys_that_agree_let_packets_through()
    {
        using var psk = SecretKey.Random();
        using var pair = new DevicePair(psk);
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.Equal(packet, pair.SendAtoB(packet));
    }

    [Fact]
    public void Preshared_keys_that_differ_let_nothing_through()
    {
        using var one = SecretKey.Random();
        using var other = SecretKey.Random();
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"], presharedKey: one);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], presharedKey: other);
        Assert.Null(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        Assert.Null(pair.A.Peer(pair.B.PublicKey).LastHandshake);
    }

    [Fact]
    public void A_preshared_key_set_while_up_is_used_by_the_next_handshake_and_loses_no_session()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        SetPresharedKey(pair.A, pair.B.PublicKey, SecretKey.Random());
        Assert.NotNull(pair.SendAtoB(packet));

        // The other end does not know the key, so the rekey fails and the session runs out.
        pair.Run(TimeSpan.FromSeconds(185), TimeSpan.FromSeconds(1));
        Assert.Null(pair.SendAtoB(packet));
    }

    [Fact]
    public void Packets_that_came_before_the_session_are_sent_in_order_once_it_is_there()
    {
        using var pair = new DevicePair();
        for (var i = 0; i < 100; i++)
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2", i));
        pair.Settle();
        for (var i = 0; i < 100; i++)
            Assert.Equal(28 + i, pair.B.Tun.TakeOrNull()?.Length);
    }

    [Fact]
    public void Only_the_newest_128_packets_wait_for_a_session()
    {
        using var pair = new DevicePair();
        var reachable = false;
        pair.Network.Filter = (_, _, _) => reachable ? 1 : 0;
        for (var i = 0; i < 200; i++)
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2", i));
        pair.Settle();
        reachable = true;
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(128, pair.B.Tun.Delivered);
        Assert.Equal(28 + 72, pair.B.Tun.TakeOrNull()!.Length);
    }

    [Fact]
    public void The_responder_learns_the_endpoint_and_can_answer()
    {
        using var pair = new DevicePair();
        Assert.Null(pair.B.Peer(pair.A.PublicKey).Endpoint);
        pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        Assert.Equal(pair.A.Endpoint, pair.B.Peer(pair.A.PublicKey).Endpoint);
    }

    [Fact]
    public void Outer_IPv6_carries_inner_IPv4_and_the_other_way_round()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.Device.Apply(new DeviceChange
        {
            Peers =
            [
                new PeerChange
                {
                    PublicKey = pair.B.PublicKey,
                    Endpoint = IPEndPoint.Parse("[2001:db8::2]:51820"),
                    AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("0.0.0.0/0")), new AllowedIPChange(IPNetwork.Parse("::/0"))],
                },
            ],
        });
        pair.B.AddPeer(pair.A, ["10.0.0.1/32", "fd00::1/128"], withEndpoint: false);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("fd00::1", "fd00::2")));
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:51820"), pair.B.Peer(pair.A.PublicKey).Endpoint);
    }

    [Fact]
    public void A_packet_from_an_address_that_is_not_the_peers_is_dropped_yet_moves_the_endpoint()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        Assert.Null(pair.SendAtoB(TestPacket.Make("10.0.0.77", "10.0.0.2")));
        Assert.Equal(pair.A.Endpoint, pair.B.Peer(pair.A.PublicKey).Endpoint);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
    }

    [Fact]
    public void The_inbound_check_is_by_longest_prefix_over_all_peers()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.0/24"], withEndpoint: false);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.9", "10.0.0.2")));

        // 10.0.0.9 now belongs to somebody else, although it still lies in A's wider prefix.
        pair.B.Device.Apply(new DeviceChange
        {
            Peers = [new PeerChange { PublicKey = new PublicKey(new byte[32].Select((_, i) => (byte)(i + 1)).ToArray()), AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("10.0.0.9/32"))] }],
        });
        Assert.Null(pair.SendAtoB(TestPacket.Make("10.0.0.9", "10.0.0.2")));
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.8", "10.0.0.2")));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.9.9.9", 1)]
    [InlineData("fd00::1", "fd99::9", 58)]
    public void Who_sends_to_no_peer_is_told_so(string from, string to, byte protocol)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make(from, to);
        pair.A.Tun.Inject(packet);
        pair.Settle();
        var answer = pair.A.Tun.TakeOrNull();
        Assert.NotNull(answer);
        var isIPv4 = answer[0] >> 4 == 4;
        Assert.Equal(protocol, isIPv4 ? answer[9] : answer[6]);
        var body = answer[(isIPv4 ? 20 : 40)..];
        Assert.Equal(isIPv4 ? (3, 1) : (1, 3), (body[0], body[1]));
        Assert.Equal(packet, body[8..]);
        if (isIPv4)
        {
            Assert.Equal(0, TestPacket.Checksum(answer.AsSpan(0, 20)));
            Assert.Equal(0, TestPacket.Checksum(body));
        }
        else
        {
            byte[] pseudo = [.. answer[8..40], 0, 0, (byte)(body.Length >> 8), (byte)body.Length, 0, 0, 0, 58, .. body];
            Assert.Equal(0, TestPacket.Checksum(pseudo));
        }
    }

    [Fact]
    public void An_error_message_gets_no_error_message()
    {
        using var pair = new DevicePair();
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.9.9.9"));
        pair.Settle();
        var error = pair.A.Tun.TakeOrNull()!;

        // The same error, now addressed to where there is no peer either.
        IPAddress.Parse("10.9.9.9").TryWriteBytes(error.AsSpan(16), out _);
        pair.A.Tun.Inject(error);
        pair.Settle();
        Assert.Null(pair.A.Tun.TakeOrNull());
    }

    [Fact]
    public void Forged_and_replayed_datagrams_are_dropped_and_move_nothing()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));

        byte[]? captured = null;
        pair.Network.Filter = (_, _, datagram) =>
        {
            captured = datagram.ToArray();
            return 1;
        };
        Assert.NotNull(pair.SendAtoB(packet));
        pair.Network.Filter = null;
        var attacker = IPEndPoint.Parse("192.0.2.66:666");

        pair.Network.Inject(attacker, pair.B.Endpoint, captured);
        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());

        for (var bit = 0; bit < captured!.Length * 8; bit++)
        {
            var forged = (byte[])captured.Clone();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            pair.Network.Inject(attacker, pair.B.Endpoint, forged);
        }

        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(pair.A.Endpoint, pair.B.Peer(pair.A.PublicKey).Endpoint);
        Assert.NotNull(pair.SendAtoB(packet));
    }

    [Fact]
    public void A_peer_that_moved_is_followed_by_its_data()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        pair.Run(TimeSpan.FromSeconds(1));
        pair.A.Device.Apply(new DeviceChange { ListenPort = 4444 });
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        Assert.Equal(new IPEndPoint(pair.A.Address, 4444), pair.B.Peer(pair.A.PublicKey).Endpoint);
        Assert.NotNull(pair.SendBtoA(TestPacket.Make("10.0.0.2", "10.0.0.1")));
        Assert.Contains(pair.B.Events, e => e.Kind == DeviceEventKind.EndpointMoved && e.Detail == "192.0.2.1:4444");
    }

    [Fact]
    public void Bytes_are_counted_as_the_kernel_driver_counts_them()
    {
        using var pair = new DevicePair();
        for (var i = 0; i < 10; i++)
        {
            // Ten pings with 64 bytes of payload, and their answers: 92-byte packets, 128 on the wire.
            pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2", 64));
            pair.SendBtoA(TestPacket.Make("10.0.0.2", "10.0.0.1", 64));
        }

        var initiator = pair.A.Peer(pair.B.PublicKey);
        Assert.Equal(148UL + 1280, initiator.TxBytes);
        Assert.Equal(92UL + 1280, initiator.RxBytes);
        var responder = pair.B.Peer(pair.A.PublicKey);
        Assert.Equal(148UL + 1280, responder.RxBytes);
        Assert.Equal(92UL + 1280, responder.TxBytes);
    }

    [Fact]
    public void Padding_hides_lengths_but_never_passes_the_MTU()
    {
        using var pair = new DevicePair();
        pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        var sizes = new List<int>();
        pair.Network.Filter = (_, _, datagram) =>
        {
            sizes.Add(datagram.Length);
            return 1;
        };
        foreach (var size in new[] { 28, 29, 44, 45, 1408, 1409, 1420 })
            pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2", size - 28));
        Assert.Equal([32 + 32, 32 + 32, 48 + 32, 48 + 32, 1408 + 32, 1420 + 32, 1420 + 32], sizes);
    }

    [Fact]
    public void A_congestion_mark_on_the_way_reaches_the_inner_packet_with_its_checksum_right()
    {
        var marked = TestPacket.Make("10.0.0.1", "10.0.0.2", 64, trafficClass: 2);
        IpPacket.CopyCongestionIn(marked, outerTrafficClass: 3);
        Assert.Equal(TestPacket.Make("10.0.0.1", "10.0.0.2", 64, trafficClass: 3), marked);
        var six = TestPacket.Make("fd00::1", "fd00::2", 64, trafficClass: 1);
        IpPacket.CopyCongestionIn(six, outerTrafficClass: 3);
        Assert.Equal(TestPacket.Make("fd00::1", "fd00::2", 64, trafficClass: 3), six);
        var deaf = TestPacket.Make("10.0.0.1", "10.0.0.2", 64, trafficClass: 0);
        IpPacket.CopyCongestionIn(deaf, outerTrafficClass: 3);
        Assert.Equal(TestPacket.Make("10.0.0.1", "10.0.0.2", 64, trafficClass: 0), deaf);
    }

    [Fact]
    public void Down_forgets_sessions_and_up_makes_new_ones()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        pair.A.Tun.Raise(TunEvent.Down);
        Assert.Null(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        Assert.Equal(0, pair.A.Device.Indices.Count);
        pair.A.Tun.TakeOrNull();
        pair.Time.Advance(TimeSpan.FromSeconds(1));
        pair.A.Tun.Raise(TunEvent.Up);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
    }

    [Fact]
    public void Three_devices_reach_each_other_through_their_own_sessions()
    {
        using var pair = new DevicePair();
        using var third = new DeviceUnderTest(pair.Network, pair.Time, "wgc", null, IPAddress.Parse("192.0.2.3"));
        pair.A.AddPeer(third, ["10.0.0.3/32"]);
        third.AddPeer(pair.A, ["10.0.0.1/32"]);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.3"));
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        for (var i = 0; i < 20; i++)
        {
            pair.Settle();
            third.Pump();
        }

        Assert.NotNull(third.Tun.TakeOrNull());
        Assert.NotNull(pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_listener_that_fails_stops_no_packet()
    {
        using var pair = new DevicePair();
        pair.A.Device.EventRaised += _ => throw new InvalidOperationException("not my day");
        pair.B.Device.EventRaised += _ => throw new InvalidOperationException("not my day");
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.Equal(packet, pair.SendAtoB(packet));
        Assert.Contains("an event's listener failed: InvalidOperationException: not my day", pair.B.Log.Messages);
    }

    [Fact]
    public void A_batch_that_fails_half_way_leaves_nothing_to_the_next()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        var counters = new List<ulong>();
        var fails = true;
        pair.Network.Filter = (_, _, datagram) =>
        {
            if (fails)
                throw new InvalidOperationException("a socket that breaks");
            counters.Add(BitConverter.ToUInt64(datagram[8..]));
            return 1;
        };
        for (var i = 0; i < 3; i++)
            pair.A.Tun.Inject(packet);
        Assert.Throws<InvalidOperationException>(() => pair.A.Pump());
        fails = false;
        Assert.Equal(packet, pair.SendAtoB(packet));
        // Three counters were given out and are not given out again; the fourth packet went alone.
        Assert.Equal([4UL], counters);
        Assert.Null(pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void What_waits_at_an_interface_that_comes_up_is_sent()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        pair.A.Tun.Raise(TunEvent.Down);
        pair.A.Device.AllowedIPs.Find4(0x0A000002)!.Staged.Add(packet);
        pair.A.Tun.Raise(TunEvent.Up);
        pair.Settle();
        Assert.Equal(packet, pair.B.Tun.TakeOrNull());
    }

    private static void SetPresharedKey(DeviceUnderTest device, PublicKey peer, SecretKey key) =>
        device.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = peer, Mode = PeerChangeMode.UpdateOnly, PresharedKey = key }] });
}
