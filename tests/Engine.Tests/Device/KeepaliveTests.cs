using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Device;

/// <summary>Keepalives, silence and forgetting, to the millisecond (whitepaper, sections 6.3 and 6.5).</summary>
public sealed class KeepaliveTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Received_data_is_confirmed_after_ten_seconds_and_more_of_it_ten_seconds_after_that()
    {
        using var pair = Rested();
        var sent = pair.Capture();
        var start = pair.Time.Elapsed;
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(5), Tick * 10);
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(60), Tick * 10);
        var keepalives = sent.Where(m => m.FromB).ToList();
        Assert.All(keepalives, m => Assert.True(m.IsKeepalive));
        Assert.Equal([10, 20], keepalives.Select(m => (m.At - start).TotalSeconds));
    }

    [Fact]
    public void Data_on_the_way_back_takes_the_keepalives_place()
    {
        using var pair = Rested();
        var sent = pair.Capture();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(9), Tick * 100);
        Assert.NotNull(pair.SendBtoA(BtoA));
        pair.Run(TimeSpan.FromSeconds(5), Tick * 100);
        Assert.DoesNotContain(sent, m => m.IsKeepalive);
    }

    [Fact]
    public void A_keepalive_is_never_written_to_the_TUN_and_asks_for_none_in_return()
    {
        using var pair = Rested();
        var sent = pair.Capture();
        for (var i = 0; i < 5; i++)
        {
            SendKeepalive(pair);
            pair.Run(TimeSpan.FromSeconds(12), Tick * 500);
        }

        Assert.Equal(5, sent.Count);
        Assert.All(sent, m => Assert.True(m.IsKeepalive && !m.FromB));
        Assert.Equal((0, 0), (pair.A.Tun.Delivered, pair.B.Tun.Delivered));
    }

    [Theory]
    [InlineData(0.0, 15_000)]
    [InlineData(0.999999999, 15_334)]
    public void Silence_is_noticed_after_15_seconds_and_jitter_counted_from_the_first_packet_without_an_answer(double jitter, int milliseconds)
    {
        using var pair = Rested(new FixedJitter(jitter));
        var sent = pair.Capture(_ => false);
        var start = pair.Time.Elapsed;
        for (var i = 0; i < 14; i++)
        {
            pair.A.Tun.Inject(AtoB);
            pair.Settle();
            pair.Run(TimeSpan.FromSeconds(1), Tick * 100);
        }

        pair.Run(TimeSpan.FromSeconds(2), Tick);
        Assert.Equal(milliseconds, (Assert.Single(sent, m => m.IsInitiation).At - start).TotalMilliseconds);
    }

    [Fact]
    public void An_answer_of_any_kind_ends_the_silence()
    {
        using var pair = Rested();
        Assert.NotNull(pair.SendAtoB(AtoB));
        var sent = pair.Capture();
        // B's keepalive after ten seconds is answer enough.
        pair.Run(TimeSpan.FromSeconds(60), Tick * 100);
        Assert.DoesNotContain(sent, m => m.IsInitiation);
        Assert.Single(sent, m => m.IsKeepalive);
    }

    [Fact]
    public void Keepalives_that_are_sent_expect_no_answer()
    {
        using var pair = Rested();
        var sent = pair.Capture(_ => false);
        SendKeepalive(pair);
        pair.Run(TimeSpan.FromSeconds(60), Tick * 100);
        Assert.True(Assert.Single(sent).IsKeepalive);
    }

    [Fact]
    public void Persistent_keepalives_come_when_nothing_else_went_for_their_interval()
    {
        using var pair = Rested();
        SetKeepalive(pair, 25);
        var start = pair.Time.Elapsed;
        pair.Settle();
        var sent = pair.Capture();
        pair.Run(TimeSpan.FromSeconds(51), Tick * 100);
        Assert.Equal([25, 50], sent.Select(m => (m.At - start).TotalSeconds));
        // Anything authentic in either direction begins the interval again.
        sent.Clear();
        Assert.NotNull(pair.SendBtoA(BtoA));
        var again = pair.Time.Elapsed;
        pair.A.Tun.TakeOrNull();
        pair.Run(TimeSpan.FromSeconds(36), Tick * 100);
        Assert.Equal([10, 35], sent.Where(m => !m.FromB).Select(m => (m.At - again).TotalSeconds));
    }

    [Fact]
    public void A_persistent_keepalive_switched_on_is_sent_at_once_changed_takes_effect_later_and_off_ends()
    {
        using var pair = Rested();
        var sent = pair.Capture();
        SetKeepalive(pair, 10);
        pair.Settle();
        Assert.True(Assert.Single(sent).IsKeepalive);
        // 10 to 20 is no switching on: nothing at once.
        SetKeepalive(pair, 20);
        pair.Settle();
        Assert.Single(sent);
        pair.Run(TimeSpan.FromSeconds(31), Tick * 100);
        Assert.Equal(3, sent.Count);
        SetKeepalive(pair, 0);
        pair.Run(TimeSpan.FromSeconds(100), Tick * 100);
        Assert.Equal(3, sent.Count);
    }

    [Fact]
    public void A_link_that_comes_up_sends_persistent_keepalives_at_once_and_one_that_is_down_none()
    {
        using var pair = Rested();
        SetKeepalive(pair, 10);
        pair.Settle();
        pair.A.Tun.Raise(TunEvent.Down);
        var sent = pair.Capture();
        pair.Run(TimeSpan.FromSeconds(60), Tick * 500);
        Assert.Empty(sent);
        pair.A.Tun.Raise(TunEvent.Up);
        pair.Settle();
        Assert.True(sent[0].IsInitiation);
        Assert.True(sent[^1].IsKeepalive);
    }

    [Fact]
    public void Keys_are_forgotten_540_seconds_after_the_last_session_began_to_the_second()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(539), TimeSpan.FromSeconds(1));
        Assert.NotNull(pair.PeerAtA.Keypairs.Current);
        Assert.NotNull(pair.PeerAtB.Keypairs.Current);
        pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        Assert.Null(pair.PeerAtA.Keypairs.Current);
        Assert.Null(pair.PeerAtB.Keypairs.Current);
    }

    [Fact]
    public void A_worker_that_was_late_still_fires_each_timer_once()
    {
        using var pair = Rested();
        SetKeepalive(pair, 1);
        pair.Settle();
        var sent = pair.Capture();
        pair.Time.Advance(TimeSpan.FromSeconds(50));
        pair.Settle();
        Assert.Single(sent);
    }

    [Fact]
    public void Data_that_the_source_check_drops_is_confirmed_too()
    {
        using var pair = Rested();
        var sent = pair.Capture();
        Assert.Null(pair.SendAtoB(TestPacket.Make("10.0.0.77", "10.0.0.2")));
        pair.Run(TimeSpan.FromSeconds(10), Tick * 100);
        Assert.True(Assert.Single(sent, m => m.FromB).IsKeepalive);
    }

    [Fact]
    public void A_handshake_that_was_given_up_takes_the_keepalive_along_that_was_due()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        Assert.NotNull(pair.SendAtoB(AtoB));
        // The session goes on; only new handshakes get nowhere.
        pair.PeerAtA.Keypairs.Current!.SetSendCounter(ProtocolLimits.RekeyAfterMessages + 1);
        pair.Run(TimeSpan.FromSeconds(6));
        var sent = pair.Capture(m => !m.IsInitiation);
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(97));
        Assert.Equal(20, sent.Count(m => m.IsInitiation));
        // Due at 107 s; at 100 s the handshake is given up.
        Assert.NotNull(pair.SendBtoA(BtoA));
        sent.Clear();
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(sent, m => !m.FromB);
    }

    [Fact]
    public void An_initiation_ends_the_silence()
    {
        using var pair = Rested(new FixedJitter(0));
        // Only B's first initiation arrives.
        var arrived = 0;
        var sent = pair.Capture(m => m is { FromB: true, IsInitiation: true } && arrived++ == 0);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(8));
        pair.PeerAtB.Keypairs.Current!.SetSendCounter(ProtocolLimits.RekeyAfterMessages + 1);
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.Equal(1, arrived);
        pair.Run(TimeSpan.FromSeconds(40));
        Assert.DoesNotContain(sent, m => !m.FromB && m.IsInitiation);
    }

    private static DevicePair Rested(Random? jitter = null)
    {
        var pair = new DevicePair(jitter: jitter);
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(30), Tick * 500);
        return pair;
    }

    private static void SendKeepalive(DevicePair pair)
    {
        using var sender = new TransportSender(pair.A.Device, pair.A.Bind);
        pair.A.Device.SendKeepalive(pair.PeerAtA, sender);
    }

    private static void SetKeepalive(DevicePair pair, ushort seconds) => pair.A.Device.Apply(new DeviceChange
    {
        Peers = [new PeerChange { PublicKey = pair.B.PublicKey, PersistentKeepalive = seconds }],
    });
}
