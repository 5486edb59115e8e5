using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Device;

/// <summary>Each row of the protocol's table of times, with a clock set by hand (whitepaper, section 6).</summary>
public sealed class TimerTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");

    [Fact]
    public void An_unanswered_initiation_is_repeated_every_five_seconds_then_given_up()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(200));

        var initiations = sent.Where(m => m.IsInitiation).ToList();
        // The kernel driver gives up when its count of retries passes 90 s / 5 s = 18.
        Assert.Equal(20, initiations.Count);
        foreach (var (earlier, later) in initiations.Zip(initiations.Skip(1)))
            Assert.InRange((later.At - earlier.At).TotalSeconds, 5.0, 5.6);
        Assert.Equal(20, initiations.Select(m => m.SenderIndex).Distinct().Count());

        Assert.Equal(
            [
                $"peer {pair.B.PublicKey} (192.0.2.2:51820): no answer to 3 handshakes: is a key or the port wrong, or is a firewall between?",
                $"peer {pair.B.PublicKey} (192.0.2.2:51820): still no answer, given up until there is something to send; 1 waiting packets dropped",
            ],
            pair.A.Log.Entries.Where(e => e.Level == LogLevel.Information).Select(e => e.Message));

        // What waited is gone: a path that now works brings nothing old.
        pair.Network.Filter = null;
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.Null(pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void The_initiator_rekeys_after_120_seconds_of_use_and_loses_nothing()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var first = pair.A.Peer(pair.B.PublicKey).LastHandshake;
        for (var i = 0; i < 130; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            Assert.NotNull(pair.SendAtoB(AtoB));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        var second = pair.A.Peer(pair.B.PublicKey).LastHandshake;
        Assert.InRange((second - first)!.Value.TotalSeconds, 120, 122);
    }

    [Fact]
    public void The_responder_does_not_rekey_on_time()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var sent = pair.Capture();
        // B, the responder, sends all the time; A answers with keepalives only, so nothing makes A rekey before 165 s.
        for (var i = 0; i < 160; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        Assert.DoesNotContain(sent, m => m.IsInitiation && m.FromB);
    }

    [Fact]
    public void A_session_is_refused_after_180_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var sent = pair.Capture(_ => false);
        pair.Time.Advance(TimeSpan.FromSeconds(181));
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        Assert.DoesNotContain(sent, m => m.IsTransport && !m.FromB);
        Assert.Contains(sent, m => m.IsInitiation);
    }

    [Fact]
    public void Received_data_is_confirmed_by_one_keepalive_after_ten_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(30));
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var at = pair.Time.Elapsed;
        pair.Run(TimeSpan.FromSeconds(60));
        var keepalive = Assert.Single(sent, m => m.FromB);
        Assert.Equal(32, keepalive.Bytes.Length);
        Assert.InRange((keepalive.At - at).TotalSeconds, 10, 10.2);
    }

    [Fact]
    public void Idle_peers_do_not_answer_each_others_keepalives()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.SendBtoA(BtoA));
        pair.Run(TimeSpan.FromSeconds(30));
        var sent = pair.Capture();
        pair.Run(TimeSpan.FromSeconds(60));
        Assert.Empty(sent);
    }

    [Fact]
    public void Silence_after_sent_data_brings_a_new_handshake_after_15_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(20));
        var sent = pair.Capture(_ => false);
        var at = pair.Time.Elapsed;
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(16));
        var initiation = Assert.Single(sent, m => m.IsInitiation);
        Assert.InRange((initiation.At - at).TotalSeconds, 15, 15.5);
    }

    [Fact]
    public void Persistent_keepalives_come_in_their_interval_from_the_first_moment()
    {
        using var pair = new DevicePair(connect: false);
        var sent = pair.Capture();
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"], keepalive: 25);
        pair.Settle();
        Assert.NotNull(pair.A.Peer(pair.B.PublicKey).LastHandshake);
        sent.Clear();
        pair.Run(TimeSpan.FromSeconds(101));
        Assert.Equal(4, sent.Count(m => m.IsKeepalive && !m.FromB));
    }

    [Fact]
    public void Everything_secret_is_forgotten_after_540_seconds_without_a_session()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(530), TimeSpan.FromSeconds(1));
        Assert.NotEqual(0, pair.A.Device.Indices.Count);
        pair.Run(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1));
        Assert.Equal(0, pair.A.Device.Indices.Count);
        Assert.Equal(0, pair.B.Device.Indices.Count);
    }

    [Fact]
    public void The_responder_sends_nothing_on_a_session_before_it_was_used()
    {
        using var pair = new DevicePair();
        pair.Network.Filter = (from, _, datagram) => datagram[0] == 4 && from.Equals(pair.A.Endpoint) ? 0 : 1;
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        var sent = pair.Capture(_ => false);
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.DoesNotContain(sent, m => m.FromB && m.IsTransport);
    }

    [Fact]
    public void Handshakes_from_both_sides_at_once_end_in_working_sessions()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        pair.A.Tun.Inject(AtoB);
        pair.B.Tun.Inject(BtoA);
        pair.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(AtoB, pair.SendAtoB(AtoB) ?? pair.B.Tun.TakeOrNull());
        Assert.NotNull(pair.SendBtoA(BtoA));
    }

    [Fact]
    public void A_new_private_key_shakes_hands_with_the_next_packet()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        using var key = SecretKey.RandomPrivateKey();
        var old = pair.A.PublicKey;
        pair.A.Device.Apply(new DeviceChange { PrivateKey = key });
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        pair.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.NotEqual(old, pair.A.PublicKey);
    }
}
