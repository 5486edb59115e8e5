using System.Buffers.Binary;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Device;

/// <summary>Clocks that are set ahead or back, and machines that sleep.</summary>
public sealed class ClockTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");

    [Theory]
    [InlineData(-365)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(365)]
    public void A_wall_clock_that_is_set_disturbs_neither_sessions_nor_handshakes(int days)
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1));
        var sent = pair.Capture();
        pair.Time.JumpWallClock(TimeSpan.FromDays(days));
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.SendBtoA(BtoA));
        Assert.DoesNotContain(sent, m => m.IsInitiation);

        // Three rekeys after it, on time and at the first attempt.
        for (var second = 0; second < 370; second++)
        {
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            Assert.NotNull(pair.SendAtoB(AtoB));
            Assert.NotNull(pair.SendBtoA(BtoA));
        }

        Assert.Equal((3, 3), (sent.Count(m => m.IsInitiation), sent.Count(m => m.IsResponse)));
    }

    [Theory]
    [InlineData(-86_400)]
    [InlineData(-1)]
    [InlineData(0)]
    public void Timestamps_of_one_peer_go_up_whatever_the_wall_clock_does(int seconds)
    {
        var timestamps = new InitiationTimestamps();
        Span<byte> label = stackalloc byte[Tai64N.Size];
        var last = new byte[Tai64N.Size];
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 200; i++)
        {
            timestamps.Next(label, now);
            Assert.True(Tai64N.Compare(label, last) > 0);
            var nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(label[8..]);
            Assert.Equal((0U, true), (nanoseconds % (1 << 24), nanoseconds < 1_000_000_000));
            label.CopyTo(last);
            now += TimeSpan.FromSeconds(seconds);
        }

        // 200 steps of 1/60 s at the most: no further into the future than that.
        Assert.True(Seconds(last) - Seconds(Label(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))) <= 4);
    }

    [Fact]
    public void Timestamps_follow_a_clock_that_goes_on_and_are_forgotten_with_the_private_key()
    {
        var timestamps = new InitiationTimestamps();
        Span<byte> label = stackalloc byte[Tai64N.Size];
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        timestamps.Next(label, now.AddYears(50));
        timestamps.Next(label, now);
        Assert.True(Tai64N.Compare(label, Label(now.AddYears(50))) > 0);
        timestamps.Next(label, now.AddYears(51));
        Assert.Equal(Label(now.AddYears(51)), label.ToArray());
        timestamps.Forget();
        timestamps.Next(label, now);
        Assert.Equal(Label(now), label.ToArray());
    }

    [Fact]
    public void A_new_private_key_begins_with_the_clock_as_it_is()
    {
        using var pair = new DevicePair();
        pair.Time.JumpWallClock(TimeSpan.FromDays(3650));
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Time.JumpWallClock(TimeSpan.FromDays(-3650));
        using var key = SecretKey.RandomPrivateKey();
        pair.A.Device.Apply(new DeviceChange { PrivateKey = key });
        Span<byte> label = stackalloc byte[Tai64N.Size];
        pair.PeerAtA.InitiationTimestamps.Next(label, pair.Time.GetUtcNow());
        Assert.Equal(Label(pair.Time.GetUtcNow()), label.ToArray());
    }

    [Fact]
    public void Large_jumps_of_the_wall_clock_are_told_and_small_ones_are_not()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        Handshake(pair, TimeSpan.FromMinutes(-59));
        Handshake(pair, TimeSpan.FromMinutes(59));
        Assert.Empty(Warnings(pair));
        Handshake(pair, TimeSpan.FromDays(400));
        Assert.Contains("set ahead by 400.00:00:00", Assert.Single(Warnings(pair)), StringComparison.Ordinal);
        Handshake(pair, TimeSpan.Zero);
        Handshake(pair, TimeSpan.FromHours(-30));
        Assert.Contains("set back by 1.06:00:00", Warnings(pair)[^1], StringComparison.Ordinal);
        Assert.Equal(2, Warnings(pair).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(24 * 30)]
    public void After_a_long_sleep_there_is_one_handshake_and_no_burst(int hours)
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"], keepalive: 25);
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
        // A waits for an answer, has a keepalive to send and keys to forget; B, which does not sleep, owes nothing.
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        pair.PeerAtB.Timers.Stop();
        pair.PeerAtB.Timers.Restart();
        var old = pair.PeerAtA.Keypairs.Current!;
        var sent = pair.Capture();

        pair.Time.Advance(TimeSpan.FromHours(hours));
        pair.A.Pump();
        pair.A.Pump();
        Assert.True(Assert.Single(sent).IsInitiation);
        pair.Settle();
        Assert.InRange(sent.Count, 3, 4);
        Assert.Single(sent, m => m.IsResponse);
        Assert.NotSame(old, pair.PeerAtA.Keypairs.Current);
        Assert.False(old.TryUse());
        pair.B.Tun.Dispose();
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
    }

    [Fact]
    public void After_a_sleep_a_packet_is_not_sent_on_what_was_a_session()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        pair.Run(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1));
        var sent = pair.Capture();
        pair.Time.Advance(TimeSpan.FromHours(5));
        // The lane is faster than the worker's timers.
        pair.A.Tun.Inject(AtoB);
        pair.A.PumpLanes();
        Assert.Empty(sent);
        pair.Settle();
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal(1, sent.Count(m => m.IsInitiation));
    }

    private static void Handshake(DevicePair pair, TimeSpan jump)
    {
        pair.Time.JumpWallClock(jump);
        pair.Time.Advance(TimeSpan.FromSeconds(121));
        Assert.NotNull(pair.SendAtoB(AtoB));
    }

    private static List<string> Warnings(DevicePair pair) =>
        [.. pair.A.Log.Entries.Where(e => e.Level == LogLevel.Warning).Select(e => e.Message)];

    private static byte[] Label(DateTimeOffset time)
    {
        var label = new byte[Tai64N.Size];
        Tai64N.Write(label, time);
        return label;
    }

    private static double Seconds(byte[] label) =>
        BinaryPrimitives.ReadUInt64BigEndian(label) - 0x4000_0000_0000_000AUL + (BinaryPrimitives.ReadUInt32BigEndian(label.AsSpan(8)) / 1e9);
}
