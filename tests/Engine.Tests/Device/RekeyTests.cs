using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>When a session is replaced, and when it is refused (whitepaper, sections 6.2 to 6.4).</summary>
public sealed class RekeyTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void The_initiator_rekeys_with_the_first_packet_it_sends_at_120_seconds()
    {
        using var pair = Connected();
        Advance(pair, 120 - 0.001);
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.DoesNotContain(sent, m => m.IsInitiation);
        pair.Time.Advance(Tick);
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.Single(sent, m => m.IsInitiation && !m.FromB);
    }

    [Fact]
    public void An_initiator_that_only_receives_rekeys_at_165_seconds_and_once()
    {
        using var pair = Connected();
        var sent = pair.Capture();
        // What B sends late enough is not yet confirmed by a keepalive at 165 s, so nothing leaves A before.
        Advance(pair, 160);
        Assert.NotNull(pair.SendBtoA(BtoA));
        Advance(pair, 5 - 0.001);
        Assert.NotNull(pair.SendBtoA(BtoA));
        Assert.DoesNotContain(sent, m => !m.FromB);

        pair.Network.Filter = null;
        sent = pair.Capture(m => !m.IsInitiation);
        pair.Time.Advance(Tick);
        Assert.NotNull(pair.SendBtoA(BtoA));
        Assert.Single(sent, m => !m.FromB && m.IsInitiation);

        // Once a session, even when five seconds later one more would be allowed.
        pair.PeerAtA.Timers.Stop();
        pair.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull(pair.SendBtoA(BtoA));
        Assert.Single(sent, m => !m.FromB && m.IsInitiation);
    }

    [Fact]
    public void The_responder_rekeys_neither_at_120_nor_at_165_seconds()
    {
        using var pair = Connected();
        var sent = pair.Capture(m => m.FromB || !m.IsInitiation);
        for (var at = 1; at < 180; at++)
        {
            Advance(pair, 1);
            pair.A.Tun.Inject(AtoB);
            pair.B.Tun.Inject(BtoA);
            pair.Settle();
        }

        Assert.DoesNotContain(sent, m => m.FromB && m.IsInitiation);
        Assert.Contains(sent, m => !m.FromB && m.IsInitiation);

        // Only when the session is over and it has something to send.
        Advance(pair, 2);
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.Contains(sent, m => m.FromB && m.IsInitiation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Either_end_rekeys_after_2_to_the_60_messages(bool isResponder)
    {
        using var pair = Connected();
        var keypair = (isResponder ? pair.PeerAtB : pair.PeerAtA).Keypairs.Current!;
        Advance(pair, 10);
        // The kernel driver asks when more than so many counters were given out.
        keypair.SetSendCounter(ProtocolLimits.RekeyAfterMessages - 1);
        var sent = pair.Capture();
        Send(pair, isResponder);
        Assert.DoesNotContain(sent, m => m.IsInitiation);
        Send(pair, isResponder);
        Assert.Single(sent, m => m.IsInitiation && m.FromB == isResponder);
        Assert.Equal([(1UL << 60) - 1, 1UL << 60], sent.Where(m => m.IsData).Select(m => m.Counter));
    }

    [Theory]
    [InlineData(uint.MaxValue - 1UL)]
    [InlineData((1UL << 33) - 1)]
    [InlineData(1UL << 59)]
    public void Counters_are_64_bits_wide_at_both_ends(ulong start)
    {
        using var pair = Connected();
        Advance(pair, 1);
        pair.PeerAtA.Keypairs.Current!.SetSendCounter(start);
        var sent = pair.Capture();
        for (var i = 0; i < 4; i++)
            Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.Equal([start, start + 1, start + 2, start + 3], sent.Select(m => m.Counter));
    }

    [Fact]
    public void A_counter_at_REJECT_AFTER_MESSAGES_is_neither_sent_nor_taken()
    {
        using var pair = Connected();
        Advance(pair, 10);
        var sent = pair.Capture(m => !m.IsInitiation);
        pair.PeerAtA.Keypairs.Current!.SetSendCounter(ProtocolLimits.RejectAfterMessages - 1);
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.Equal(ulong.MaxValue - 8128 - 2, sent.Single(m => m.IsData).Counter);
        Assert.Null(pair.SendAtoB(AtoB));
        Assert.Single(sent, m => m.IsTransport);
        Assert.False(pair.PeerAtA.Keypairs.Current!.MaySend);

        // Nothing comes in any more either where the last counter came in.
        Assert.False(pair.PeerAtB.Keypairs.Current!.CanReceive(ProtocolLimits.RejectAfterMessages - 2));
    }

    [Fact]
    public void Nothing_is_sent_on_a_session_of_180_seconds()
    {
        using var pair = Connected();
        var sent = pair.Capture(m => !m.IsInitiation);
        Advance(pair, 180 - 0.001);
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Time.Advance(Tick);
        Assert.Null(pair.SendAtoB(AtoB));
        Assert.Single(sent, m => m.IsData);
    }

    [Fact]
    public void Nothing_is_taken_on_a_session_of_180_seconds()
    {
        using var pair = Connected();
        Advance(pair, 100);
        var held = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        Advance(pair, 80 - 0.001);
        pair.Network.Filter = null;
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, held[0].Bytes);
        pair.Settle();
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        pair.Time.Advance(Tick);
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, held[1].Bytes);
        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_session_is_good_for_its_whole_time_after_every_handshake()
    {
        using var pair = Connected();
        for (var session = 0; session < 20; session++)
        {
            Advance(pair, 121);
            Assert.NotNull(pair.SendAtoB(AtoB));
            foreach (var peer in new[] { pair.PeerAtA, pair.PeerAtB })
            {
                Assert.Equal(pair.A.Device.Clock.Now, peer.Keypairs.Current!.CreatedAt);
                Assert.False(peer.Keypairs.Current.IsExpired(pair.A.Device.Clock.Now));
            }
        }
    }

    [Fact]
    public void A_rekey_leaves_the_old_sessions_window_alone()
    {
        using var pair = Connected();
        Advance(pair, 119);
        var before = pair.Capture(m => !m.IsData);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Network.Filter = null;
        Assert.NotNull(pair.SendAtoB(AtoB));
        Advance(pair, 2);
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.PeerAtB.Keypairs.Previous);

        // Late, on the previous session: taken once, and its window remembers.
        var late = before.Single(m => m.IsData).Bytes;
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, late);
        pair.Settle();
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, late);
        pair.Settle();
        Assert.Null(pair.B.Tun.TakeOrNull());
    }

    private static DevicePair Connected()
    {
        var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        return pair;
    }

    private static void Advance(DevicePair pair, double seconds)
    {
        var whole = Math.Truncate(seconds);
        pair.Run(TimeSpan.FromSeconds(whole), TimeSpan.FromSeconds(1));
        pair.Time.Advance(TimeSpan.FromMilliseconds(Math.Round((seconds - whole) * 1000)));
        pair.Settle();
        while (pair.B.Tun.TakeOrNull() is not null || pair.A.Tun.TakeOrNull() is not null)
        {
        }
    }

    private static void Send(DevicePair pair, bool fromB) => Assert.NotNull(fromB ? pair.SendBtoA(BtoA) : pair.SendAtoB(AtoB));
}
