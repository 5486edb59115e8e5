namespace WireGuard.Tests.Device;

/// <summary>Links, addresses and routes of the host change: who waits for an answer asks again at once, but not without end.</summary>
public sealed class PathChangeTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void A_handshake_without_answer_is_tried_again_at_once()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var passes = false;
        var sent = pair.Capture(_ => passes);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(2), Tick);
        Assert.Single(sent);
        passes = true;
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(20), Tick);
        Assert.NotNull(pair.A.Peer(pair.B.PublicKey).LastHandshake);
    }

    [Fact]
    public void A_handshake_that_was_just_begun_gets_half_a_second_for_its_answer()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromMilliseconds(100), Tick);
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(390), Tick);
        Assert.Single(sent);
        pair.Run(TimeSpan.FromMilliseconds(20), Tick);
        Assert.Equal(2, sent.Count);
        pair.Run(TimeSpan.FromSeconds(4), Tick);
        Assert.Equal(2, sent.Count);
    }

    [Fact]
    public void A_handshake_that_is_answered_in_time_is_not_begun_anew()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(m => m.FromB);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(300), Tick);
        // The initiation took so long on its way.
        var initiation = Assert.Single(sent).Bytes;
        sent = pair.Capture();
        pair.Network.Inject(pair.A.Endpoint, pair.B.Endpoint, initiation);
        pair.Run(TimeSpan.FromSeconds(4), Tick);
        Assert.Equal(initiation, Assert.Single(sent, m => m.IsInitiation).Bytes);
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_change_right_after_another_is_tried_half_a_second_later()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(2), Tick);
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(100), Tick);
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(300), Tick);
        Assert.Equal(2, sent.Count);
        pair.Run(TimeSpan.FromMilliseconds(200), Tick);
        Assert.Equal(3, sent.Count);
    }

    [Fact]
    public void A_flapping_link_costs_little_more_than_none()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        for (var i = 0; i < 300; i++)
        {
            pair.A.Bind.LoseSource(null);
            pair.Run(TimeSpan.FromMilliseconds(200), Tick);
        }

        // One in five seconds of its own, in a minute, and four at once.
        Assert.InRange(sent.Count, 12, 18);
    }

    [Fact]
    public void A_flapping_link_does_not_use_the_attempts_up()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        for (var i = 0; i < 80; i++)
        {
            pair.A.Bind.LoseSource(null);
            pair.Run(TimeSpan.FromSeconds(1), Tick);
        }

        Assert.NotEqual(0, pair.PeerAtA.Staged.Count);
        Assert.InRange(sent.Count, 16, 22);
    }

    [Fact]
    public void A_peer_with_a_keepalive_tells_the_other_end_where_it_is_now()
    {
        using var pair = new DevicePair(connect: false);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"], keepalive: 25);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(3), Tick);
        var sent = pair.Capture(_ => true);
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromMilliseconds(20), Tick);
        Assert.True(Assert.Single(sent).IsKeepalive);
    }

    [Fact]
    public void A_peer_that_nobody_speaks_to_is_left_alone()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture(_ => true);
        pair.A.Bind.LoseSource(null);
        pair.Run(TimeSpan.FromSeconds(2), Tick);
        Assert.Empty(sent);
    }
}
