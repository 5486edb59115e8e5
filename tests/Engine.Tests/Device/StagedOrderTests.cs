using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>What waited for a session leaves in order, whoever sends it: worker and lanes at once.</summary>
public sealed class StagedOrderTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_packet_that_comes_while_others_that_waited_are_being_sealed_does_not_overtake_them()
    {
        using var cipher = new HeldCipher();
        using var pair = new DevicePair(cipher: cipher);
        for (var i = 1; i <= 3; i++)
            pair.A.Tun.Inject(Numbered(i));
        pair.A.Pump();
        pair.B.Pump();
        pair.A.PumpLanes();
        // The worker now has the response: it seals what waited, and is held there.
        cipher.HoldsNextSeal();
        var worker = Start(() => pair.A.Device.RunHandshakes());
        Assert.True(cipher.IsHolding.Wait(Long));
        pair.A.Tun.Inject(Numbered(4));
        var lane = Start(() => pair.A.PumpLanes());
        // Time to overtake, for a lane that would.
        lane.Join(TimeSpan.FromMilliseconds(200));
        cipher.Release();
        Assert.True(worker.Join(Long) && lane.Join(Long));
        pair.Settle();
        Assert.Equal([1, 2, 3, 4], Delivered(pair.B));
    }

    [Fact]
    public void What_waits_is_sent_before_the_packet_that_finds_it_waiting()
    {
        using var pair = new DevicePair();
        pair.A.Tun.Inject(Numbered(1));
        pair.Settle();
        pair.PeerAtA.Staged.Add(Numbered(2));
        pair.A.Tun.Inject(Numbered(3));
        pair.Settle();
        Assert.Equal([1, 2, 3], Delivered(pair.B));
        Assert.False(pair.PeerAtA.Staged.IsInUse);
    }

    [Fact]
    public void Two_threads_that_stage_and_send_keep_the_order_of_each()
    {
        const int Rounds = 50;
        const int Burst = 40;
        using var together = new Barrier(2);
        using var pair = new DevicePair();
        pair.A.Tun.Inject(Numbered(1));
        pair.Settle();
        Assert.Equal([1], Delivered(pair.B));
        var peer = pair.PeerAtA;
        Thread[] threads = [Start(() => StageAndSend(1_000_000)), Start(() => StageAndSend(2_000_000))];
        Assert.All(threads, t => Assert.True(t.Join(Long)));
        pair.Settle();
        var delivered = Delivered(pair.B);
        Assert.Equal(2 * Rounds * Burst, delivered.Count);
        foreach (var from in new[] { 1_000_000, 2_000_000 })
            Assert.Equal(Enumerable.Range(from, Rounds * Burst), delivered.Where(n => n >= from && n < from + 1_000_000));

        void StageAndSend(int from)
        {
            using var sender = new TransportSender(pair.A.Device, pair.A.Bind);
            for (var i = 0; i < Rounds; i++)
            {
                for (var k = 0; k < Burst; k++)
                    peer.Staged.Add(Numbered(from + (i * Burst) + k));
                together.SignalAndWait();
                sender.SendStaged(peer);
            }
        }
    }

    [Fact]
    public void A_session_that_ends_while_packets_are_taken_leaves_the_rest_in_order()
    {
        using var pair = new DevicePair();
        pair.A.Tun.Inject(Numbered(1));
        pair.Settle();
        for (var i = 2; i <= 9; i++)
            pair.PeerAtA.Staged.Add(Numbered(i));
        pair.PeerAtA.Keypairs.Current!.SetSendCounter(ProtocolLimits.RejectAfterMessages - 3);
        pair.Run(TimeSpan.FromSeconds(6));
        pair.A.Device.RequestFlush(pair.PeerAtA);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(1, 9), Delivered(pair.B));
    }

    [Fact]
    public void What_is_pushed_out_while_it_is_looked_at_takes_nothing_else_with_it()
    {
        var staged = new StagedPackets();
        Span<byte> copy = stackalloc byte[4];
        for (byte i = 0; i < ProtocolLimits.MaxStagedPackets; i++)
            Assert.False(staged.Add([i]));
        Assert.Equal(1, staged.TryPeek(copy, out var number));
        Assert.True(staged.Add([200]));
        staged.Remove(number);
        Assert.Equal(ProtocolLimits.MaxStagedPackets, staged.Count);
        Assert.Equal(1, staged.TryPeek(copy, out number));
        Assert.Equal(1, copy[0]);
        staged.Remove(number);
        Assert.Equal(ProtocolLimits.MaxStagedPackets - 1, staged.Count);
        Assert.Equal(ProtocolLimits.MaxStagedPackets - 1, staged.Clear());
        Assert.True(staged.IsInUse);
        staged.AllLeft();
        Assert.False(staged.IsInUse);
    }

    private static byte[] Numbered(int number)
    {
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        BitConverter.TryWriteBytes(packet.AsSpan(28), number);
        return packet;
    }

    private static List<int> Delivered(DeviceUnderTest end)
    {
        var numbers = new List<int>();
        while (end.Tun.TakeOrNull() is { } packet)
            numbers.Add(BitConverter.ToInt32(packet, 28));
        return numbers;
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    /// <summary>Holds one sealing until it is let go.</summary>
    private sealed class HeldCipher : TransportAead, IDisposable
    {
        private readonly TransportAead _inner = TransportAeadFactory.Create(null);
        private readonly ManualResetEventSlim _released = new();
        private int _holds;

        internal ManualResetEventSlim IsHolding { get; } = new();

        public override string Name => _inner.Name;

        internal void HoldsNextSeal() => Volatile.Write(ref _holds, 1);

        internal void Release() => _released.Set();

        public override void Seal(Span<AeadPacket> packets)
        {
            if (Interlocked.Exchange(ref _holds, 0) != 0)
            {
                IsHolding.Set();
                _released.Wait(Long);
            }

            _inner.Seal(packets);
        }

        public override void Open(Span<AeadPacket> packets) => _inner.Open(packets);

        public void Dispose()
        {
            IsHolding.Dispose();
            _released.Dispose();
        }
    }
}
