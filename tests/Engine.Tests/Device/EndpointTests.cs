using System.Net;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Device;

/// <summary>What moves a peer's endpoint, and what does not (whitepaper, section 2.1).</summary>
public sealed class EndpointTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");
    private static readonly IPEndPoint Elsewhere = IPEndPoint.Parse("203.0.113.5:4000");

    [Fact]
    public void Data_moves_it()
    {
        using var pair = Connected();
        Relay(pair, Held(pair, () => pair.A.Tun.Inject(AtoB)));
        Assert.Equal(Elsewhere, EndpointAtB(pair));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_keepalive_moves_it()
    {
        using var pair = Connected();
        Relay(pair, Held(pair, () =>
        {
            using var sender = new TransportSender(pair.A.Device, pair.A.Bind);
            pair.A.Device.SendKeepalive(pair.PeerAtA, sender);
        }));
        Assert.Equal(Elsewhere, EndpointAtB(pair));
    }

    [Fact]
    public void An_initiation_moves_it()
    {
        using var pair = Connected();
        pair.Time.Advance(TimeSpan.FromSeconds(300));
        Relay(pair, Held(pair, () => pair.A.Tun.Inject(AtoB)));
        Assert.Equal(Elsewhere, EndpointAtB(pair));
    }

    [Fact]
    public void A_response_moves_it()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture(m => !m.IsResponse);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Network.Filter = null;
        pair.Network.Inject(Elsewhere, pair.A.Endpoint, sent.Single(m => m.IsResponse).Bytes);
        pair.Settle();
        Assert.Equal(Elsewhere, pair.A.Peer(pair.B.PublicKey).Endpoint);
    }

    [Theory]
    [InlineData("10.0.0.77", true)]
    [InlineData("10.0.0.1", false)]
    public void Data_that_the_source_check_or_the_length_check_drops_moves_it(string source, bool isWhole)
    {
        using var pair = Connected();
        var packet = TestPacket.Make(source, "10.0.0.2");
        if (!isWhole)
            packet[3] = 200;
        Relay(pair, Held(pair, () => pair.A.Tun.Inject(packet)));
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(Elsewhere, EndpointAtB(pair));
    }

    [Fact]
    public void A_peer_that_jumps_with_every_packet_is_told_of_once_a_second_and_last_where_it_is()
    {
        using var pair = Connected();
        pair.Run(TimeSpan.FromSeconds(2));
        pair.B.Events.Clear();
        for (var i = 0; i < 300; i++)
        {
            var sent = Held(pair, () => pair.A.Tun.Inject(AtoB));
            pair.Network.Inject(new IPEndPoint(Elsewhere.Address, 1000 + i), pair.B.Endpoint, sent[0].Bytes);
            pair.Run(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10));
        }

        pair.Run(TimeSpan.FromSeconds(2));
        var moves = pair.B.Events.Where(e => e.Kind == DeviceEventKind.EndpointMoved).ToList();
        Assert.InRange(moves.Count, 3, 4);
        Assert.Equal(("203.0.113.5:1000", "203.0.113.5:1299"), (moves[0].Detail, moves[^1].Detail));
    }

    [Fact]
    public void Replayed_data_does_not_move_it()
    {
        using var pair = Connected();
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        Relay(pair, sent);
        Assert.Equal(pair.A.Endpoint, EndpointAtB(pair));
    }

    [Fact]
    public void A_replayed_initiation_or_response_does_not_move_it()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Network.Filter = null;
        pair.Time.Advance(TimeSpan.FromSeconds(1));
        pair.Network.Inject(Elsewhere, pair.B.Endpoint, sent.Single(m => m.IsInitiation).Bytes);
        pair.Network.Inject(Elsewhere, pair.A.Endpoint, sent.Single(m => m.IsResponse).Bytes);
        pair.Settle();
        Assert.Equal(pair.A.Endpoint, EndpointAtB(pair));
        Assert.Equal(pair.B.Endpoint, pair.A.Peer(pair.B.PublicKey).Endpoint);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_handshake_message_with_a_right_mac1_and_nothing_else_right_does_not_move_it(byte type)
    {
        using var pair = new DevicePair();
        var sent = pair.Capture(m => m.IsInitiation);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Network.Filter = null;
        var forged = (byte[])sent.Single(m => m.Bytes[0] == type).Bytes.Clone();
        forged[50] ^= 1;
        var (target, victim) = type == 1 ? (pair.B, pair.A) : (pair.A, pair.B);
        new CookieGenerator(target.PublicKey).AddMacs(forged, 0);
        var before = target.Peer(victim.PublicKey).Endpoint;
        pair.Time.Advance(TimeSpan.FromSeconds(1));
        pair.Network.Inject(Elsewhere, target.Endpoint, forged);
        pair.Settle();
        Assert.Equal(before, target.Peer(victim.PublicKey).Endpoint);
    }

    [Fact]
    public void A_cookie_reply_does_not_move_it_and_is_not_counted()
    {
        using var pair = new DevicePair();
        using var checker = new CookieChecker(pair.B.PublicKey, new RateLimiter());
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        var reply = new byte[MessageFormat.CookieReplySize];
        checker.CreateReply(reply, sent.Single().Bytes, UdpEndpoint.From(pair.A.Endpoint), pair.A.Device.Clock.Now);
        pair.Network.Filter = null;
        pair.Network.Inject(Elsewhere, pair.A.Endpoint, reply);
        pair.Settle();
        sent = pair.Capture(_ => false);
        // It was taken: the next initiation has a mac2. And that was all.
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.True(sent[^1].Bytes.AsSpan(132).IndexOfAnyExcept((byte)0) >= 0);
        var peer = pair.A.Peer(pair.B.PublicKey);
        Assert.Equal(pair.B.Endpoint, peer.Endpoint);
        Assert.Equal(0UL, peer.RxBytes);
    }

    [Fact]
    public void Answers_go_to_where_the_last_message_came_from()
    {
        using var pair = Connected();
        Relay(pair, Held(pair, () => pair.A.Tun.Inject(AtoB)));
        using var there = pair.Network.Attach(Elsewhere.Address);
        there.Open((ushort)Elsewhere.Port, 0);
        IPEndPoint? to = null;
        pair.Network.Filter = (_, destination, _) =>
        {
            to = destination;
            return 1;
        };
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.Equal(Elsewhere, to);
    }

    [Fact]
    public void A_message_that_comes_behind_a_newer_one_does_not_move_it_but_is_delivered()
    {
        using var pair = Connected();
        var held = HeldPackets(pair, 2);
        pair.Network.Inject(Elsewhere, pair.B.Endpoint, held[1]);
        pair.Settle();
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, held[0]);
        pair.Settle();
        Assert.Equal(Elsewhere, EndpointAtB(pair));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_message_of_the_session_before_does_not_move_it_once_the_new_one_has_carried_something()
    {
        using var pair = Connected();
        var late = HeldPackets(pair, 1)[0];
        pair.Time.Advance(TimeSpan.FromSeconds(125));
        // The first asks for a new session, the second is the first on it that carries data.
        Assert.NotNull(pair.SendAtoB(AtoB));
        Relay(pair, Held(pair, () => pair.A.Tun.Inject(AtoB)));
        Assert.Equal(Elsewhere, EndpointAtB(pair));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, late);
        pair.Settle();
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal(Elsewhere, EndpointAtB(pair));
    }

    [Fact]
    public void Of_messages_that_lanes_handle_at_once_the_newest_has_it()
    {
        using var pair = Connected();
        var (peer, session) = (pair.PeerAtB, pair.PeerAtB.Keypairs.Current!);
        const int Messages = 20_000;
        Thread[] lanes = [Lane(0), Lane(1)];
        Assert.All(lanes, l => Assert.True(l.Join(TimeSpan.FromSeconds(20))));
        Assert.Equal(1 + Messages, peer.Endpoint!.Value.Port);

        Thread Lane(ulong parity)
        {
            var lane = new Thread(() =>
            {
                for (var counter = 100 + parity; counter <= 100 + Messages; counter += 2)
                    peer.LearnEndpoint(UdpEndpoint.From(new IPEndPoint(Elsewhere.Address, (int)(counter - 99))), session, counter);
            }) { IsBackground = true };
            lane.Start();
            return lane;
        }
    }

    [Fact]
    public void Retries_and_silence_forget_the_source_address_but_not_the_endpoint()
    {
        using var pair = Connected();
        Assert.NotNull(pair.SendBtoA(BtoA));
        Assert.True(pair.PeerAtA.Endpoint!.Value.HasSource);
        pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(16));
        Assert.False(pair.PeerAtA.Endpoint!.Value.HasSource);
        Assert.Equal(pair.B.Endpoint, pair.A.Peer(pair.B.PublicKey).Endpoint);
    }

    [Fact]
    public void Who_sends_to_a_peer_without_an_endpoint_is_told_that_the_host_cannot_be_reached()
    {
        using var pair = new DevicePair();
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        var error = pair.B.Tun.TakeOrNull()!;
        Assert.Equal((1, 3, 1), (error[9], error[20], error[21]));
        Assert.Equal(BtoA, error[28..]);
        // It was not kept either: an endpoint learned later brings nothing old.
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.Null(pair.A.Tun.TakeOrNull());
    }

    private static DevicePair Connected()
    {
        var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        return pair;
    }

    private static IPEndPoint? EndpointAtB(DevicePair pair) => pair.B.Peer(pair.A.PublicKey).Endpoint;

    private static List<Sent> Held(DevicePair pair, Action send)
    {
        var held = pair.Capture(_ => false);
        send();
        pair.Settle();
        pair.Network.Filter = null;
        return held;
    }

    /// <summary>Data messages from A to B that were sent but did not arrive, oldest first.</summary>
    private static List<byte[]> HeldPackets(DevicePair pair, int count) =>
        [.. Held(pair, () =>
        {
            for (var i = 0; i < count; i++)
                pair.A.Tun.Inject(AtoB);
        }).Where(m => m.IsData && !m.FromB).Select(m => m.Bytes)];

    private static void Relay(DevicePair pair, List<Sent> messages)
    {
        pair.Network.Inject(Elsewhere, pair.B.Endpoint, messages.Single(m => !m.FromB).Bytes);
        pair.Settle();
    }
}
