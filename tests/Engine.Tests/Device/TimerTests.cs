using System.Buffers.Binary;
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
        var sent = Capture(pair, deliver: false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(200));

        var initiations = sent.Where(m => m.Type == 1).ToList();
        // The kernel driver gives up when its count of retries passes 90 s / 5 s = 18.
        Assert.Equal(20, initiations.Count);
        foreach (var (earlier, later) in initiations.Zip(initiations.Skip(1)))
            Assert.InRange((later.At - earlier.At).TotalSeconds, 5.0, 5.6);
        Assert.Equal(20, initiations.Select(m => BinaryPrimitives.ReadUInt32LittleEndian(m.Bytes.AsSpan(4))).Distinct().Count());

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
        var sent = Capture(pair);
        // B, the responder, sends all the time; A answers with keepalives only, so nothing makes A rekey before 165 s.
        for (var i = 0; i < 160; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        Assert.DoesNotContain(sent, m => m.Type == 1 && m.FromB);
    }

    [Fact]
    public void An_initiator_that_only_receives_rekeys_at_165_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        // Keepalives of A would be sent data, on which A rekeys at 120 s: they are lost before they are accounted for.
        var sent = new List<double>();
        var start = pair.Time.GetUtcNow();
        pair.Network.Filter = (_, _, datagram) =>
        {
            if (datagram[0] == 1)
                sent.Add((pair.Time.GetUtcNow() - start).TotalSeconds);
            return 1;
        };
        for (var i = 0; i < 17; i++)
        {
            pair.Run(TimeSpan.FromSeconds(9.9), TimeSpan.FromSeconds(0.9));
            pair.B.Tun.Inject(BtoA);
            pair.Settle();
        }

        Assert.NotEmpty(sent);
        Assert.InRange(sent[0], 118, 170);
    }

    [Fact]
    public void A_session_is_refused_after_180_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var sent = Capture(pair, deliver: false);
        pair.Time.Advance(TimeSpan.FromSeconds(181));
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        Assert.DoesNotContain(sent, m => m.Type == 4 && !m.FromB);
        Assert.Contains(sent, m => m.Type == 1);
    }

    [Fact]
    public void Received_data_is_confirmed_by_one_keepalive_after_ten_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(30));
        var sent = Capture(pair);
        Assert.NotNull(pair.SendAtoB(AtoB));
        var at = pair.Time.GetUtcNow();
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
        var sent = Capture(pair);
        pair.Run(TimeSpan.FromSeconds(60));
        Assert.Empty(sent);
    }

    [Fact]
    public void Silence_after_sent_data_brings_a_new_handshake_after_15_seconds()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(20));
        var sent = Capture(pair, deliver: false);
        var at = pair.Time.GetUtcNow();
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(16));
        var initiation = Assert.Single(sent, m => m.Type == 1);
        Assert.InRange((initiation.At - at).TotalSeconds, 15, 15.5);
    }

    [Fact]
    public void Persistent_keepalives_come_in_their_interval_from_the_first_moment()
    {
        using var pair = new DevicePair(connect: false);
        var sent = Capture(pair);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"], keepalive: 25);
        pair.Settle();
        Assert.NotNull(pair.A.Peer(pair.B.PublicKey).LastHandshake);
        sent.Clear();
        pair.Run(TimeSpan.FromSeconds(101));
        Assert.Equal(4, sent.Count(m => m is { Type: 4, FromB: false, Bytes.Length: 32 }));
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
        var sent = Capture(pair, deliver: false);
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.DoesNotContain(sent, m => m.FromB && m.Type == 4);
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

    private static List<Message> Capture(DevicePair pair, bool deliver = true)
    {
        var sent = new List<Message>();
        pair.Network.Filter = (from, _, datagram) =>
        {
            sent.Add(new Message(pair.Time.GetUtcNow(), from.Equals(pair.B.Endpoint), datagram.ToArray()));
            return deliver ? 1 : 0;
        };
        return sent;
    }

    private sealed record Message(DateTimeOffset At, bool FromB, byte[] Bytes)
    {
        internal byte Type => Bytes[0];
    }
}
