using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>Handshakes that meet no answer, or another handshake (whitepaper, section 6.4).</summary>
public sealed class HandshakeRetryTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(0.0, 5000)]
    [InlineData(0.5, 5167)]
    [InlineData(0.999999999, 5334)]
    public void A_retry_comes_after_five_seconds_and_at_most_334_ms_of_jitter(double jitter, int milliseconds)
    {
        using var pair = new DevicePair(jitter: new FixedJitter(jitter));
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(60), Tick);
        Assert.All(
            sent.Zip(sent.Skip(1), (one, next) => (next.At - one.At).TotalMilliseconds),
            gap => Assert.Equal(milliseconds, gap));
        Assert.Equal(60_000 / milliseconds, sent.Count - 1);
    }

    [Fact]
    public void The_jitter_differs_from_one_retry_to_the_next()
    {
        using var pair = new DevicePair();
        var sent = pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(5));
        Assert.True(sent.Zip(sent.Skip(1), (one, next) => next.At - one.At).Distinct().Count() > 5);
    }

    [Fact]
    public void After_giving_up_nothing_is_sent_until_there_is_a_packet_again()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0));
        var sent = pair.Capture(_ => false);
        for (var i = 0; i < 10; i++)
            pair.A.Tun.Inject(AtoB);
        pair.Settle();
        // 18 retries by the count of 90 s / 5 s; the kernel driver compares before it counts, so that one more goes out.
        pair.Run(TimeSpan.FromSeconds(99));
        Assert.Equal((20, 10), (sent.Count, pair.PeerAtA.Staged.Count));
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal((20, 0), (sent.Count, pair.PeerAtA.Staged.Count));
        pair.Run(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(1));
        Assert.Equal(20, sent.Count);

        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(1));
        Assert.Equal(40, sent.Count);
    }

    [Fact]
    public void A_handshake_that_was_given_up_leaves_nothing_secret_after_540_seconds()
    {
        using var pair = new DevicePair();
        pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(110));
        Assert.Equal(HandshakeState.CreatedInitiation, pair.PeerAtA.Handshake.State);
        pair.Run(TimeSpan.FromSeconds(540), TimeSpan.FromSeconds(1));
        Assert.Equal(HandshakeState.Zeroed, pair.PeerAtA.Handshake.State);
        Assert.Equal(0, pair.A.Device.Indices.Count);
    }

    [Fact]
    public void A_stream_of_packets_brings_no_more_than_one_initiation_in_five_seconds()
    {
        using var pair = new DevicePair(jitter: new FixedJitter(0.5));
        var sent = pair.Capture(_ => false);
        for (var i = 0; i < 600; i++)
        {
            pair.A.Tun.Inject(AtoB);
            pair.Run(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));
        }

        Assert.InRange(sent.Count, 5, 7);
        Assert.All(sent.Zip(sent.Skip(1), (one, next) => next.At - one.At), gap => Assert.True(gap >= ProtocolLimits.RekeyTimeout));
    }

    [Fact]
    public void Both_ends_beginning_at_once_end_in_one_session_that_both_use()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        // Both initiations are on the way before either arrives.
        pair.A.Tun.Inject(AtoB);
        pair.B.Tun.Inject(BtoA);
        var sent = pair.Capture();
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.True(sent.Count(m => m.IsInitiation) >= 2);
        AssertOneSession(pair);
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal(BtoA, pair.A.Tun.TakeOrNull());
        AssertQuiet(pair);
    }

    [Fact]
    public void Both_ends_beginning_at_once_under_steady_traffic_do_not_begin_at_once_again()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        var sent = pair.Capture();
        // In step, so that at either end the five seconds are over with the same packet.
        for (var i = 0; i < 275; i++)
        {
            pair.A.Tun.Inject(AtoB);
            pair.B.Tun.Inject(BtoA);
            pair.Run(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal((3, 3), (sent.Count(m => m.IsInitiation), sent.Count(m => m.IsResponse)));
        AssertOneSession(pair);
        AssertQuiet(pair);
    }

    [Fact]
    public void A_retry_that_came_too_early_after_an_answer_is_made_later()
    {
        using var pair = new DevicePair(connect: false, jitter: new FixedJitter(0));
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        // A begins and is not heard; B begins two seconds later and does not hear the answer, nor anything else from then on.
        var isOver = false;
        var sent = pair.Capture(m => !isOver && m.FromB);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.Run(TimeSpan.FromSeconds(2));
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        isOver = true;
        pair.Run(TimeSpan.FromSeconds(18));
        var initiations = sent.Where(m => m.IsInitiation && !m.FromB).Select(m => m.At.TotalSeconds).ToList();
        Assert.Equal([0.0, 7.0, 12.0, 17.0], initiations.Select(at => Math.Round(at - initiations[0], 1)));
    }

    [Fact]
    public void Both_ends_rekeying_at_once_lose_no_packet_and_end_in_one_session()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        for (var round = 0; round < 10; round++)
        {
            pair.Run(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1));
            // Both sessions are old at the same moment, by count, which counts for the responder too.
            pair.PeerAtA.Keypairs.Current!.SetSendCounter(ProtocolLimits.RekeyAfterMessages + 1);
            pair.PeerAtB.Keypairs.Current!.SetSendCounter(ProtocolLimits.RekeyAfterMessages + 1);
            var sent = pair.Capture();
            pair.A.Tun.Inject(AtoB);
            pair.B.Tun.Inject(BtoA);
            pair.Settle();
            Assert.Contains(sent, m => m.IsInitiation && m.FromB);
            Assert.Contains(sent, m => m.IsInitiation && !m.FromB);
            for (var i = 0; i < 60; i++)
            {
                pair.Run(TimeSpan.FromMilliseconds(50), Tick);
                pair.A.Tun.Inject(AtoB);
                pair.Run(TimeSpan.FromMilliseconds(50), Tick);
                pair.B.Tun.Inject(BtoA);
                pair.Settle();
            }

            Assert.Equal((61, 61), (Drain(pair.A), Drain(pair.B)));
            AssertOneSession(pair);
            AssertQuiet(pair);
        }
    }

    [Fact]
    public void A_response_that_is_lost_costs_one_retry_and_leaves_one_session()
    {
        using var pair = new DevicePair();
        var lost = 0;
        var sent = pair.Capture(m => !m.IsResponse || lost++ > 0);
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(7));
        Assert.Equal((2, 2), (sent.Count(m => m.IsInitiation), sent.Count(m => m.IsResponse)));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        AssertOneSession(pair);
        AssertQuiet(pair);
    }

    [Fact]
    public void A_confirmation_that_is_lost_is_made_up_for_by_the_next_packet()
    {
        using var pair = new DevicePair();
        var isOpen = false;
        pair.Capture(m => isOpen || !m.IsTransport);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        Assert.NotNull(pair.PeerAtB.Keypairs.Next);
        isOpen = true;
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        AssertOneSession(pair);
    }

    private static void AssertOneSession(DevicePair pair)
    {
        var a = pair.PeerAtA.Keypairs.Current!;
        var b = pair.PeerAtB.Keypairs.Current!;
        Assert.Equal((a.LocalIndex, a.RemoteIndex), (b.RemoteIndex, b.LocalIndex));
        Assert.NotEqual(a.IsInitiator, b.IsInitiator);
    }

    // Traffic both ways and not one more handshake for as long as a session lasts.
    private static void AssertQuiet(DevicePair pair)
    {
        var sent = pair.Capture();
        for (var i = 0; i < 100; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            Assert.NotNull(pair.SendAtoB(AtoB));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        Assert.DoesNotContain(sent, m => m.IsInitiation || m.IsResponse);
        pair.Network.Filter = null;
    }

    private static int Drain(DeviceUnderTest device)
    {
        var count = 0;
        while (device.Tun.TakeOrNull() is not null)
            count++;
        return count;
    }
}
