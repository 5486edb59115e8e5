using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Device;

public sealed unsafe class KeypairTests
{
    private readonly IndexTable _indices = new();
    private readonly Peer _peer;
    private uint _nextIndex = 1;

    public KeypairTests() => _peer = new Peer(new PublicKey(new byte[32]), _indices, Random.Shared);

    [Fact]
    public void A_lane_that_is_behind_does_not_move_the_endpoint_back()
    {
        var (here, elsewhere) = (Endpoint("192.0.2.1:1"), Endpoint("192.0.2.2:2"));
        var session = Add(isInitiator: true);
        Receive(100);
        _peer.LearnEndpoint(here, session, 100);
        Receive(150);
        Receive(200);
        // The lane with 200 finds the peer where it is known to be; the one with 150 comes after it.
        _peer.LearnEndpoint(here, session, 200);
        Assert.False(_peer.LearnEndpoint(elsewhere, session, 150));
        Assert.Equal(here, _peer.Endpoint!.Value);
        Assert.True(_peer.LearnEndpoint(elsewhere, session, 201));

        void Receive(ulong counter) => session.Receive([new AeadPacket { Counter = counter, Authentic = true }]);

        static UdpEndpoint Endpoint(string text) => UdpEndpoint.From(System.Net.IPEndPoint.Parse(text));
    }

    [Fact]
    public void A_late_message_of_an_older_session_does_not_move_the_endpoint_back()
    {
        var (old, now) = (UdpEndpoint.From(System.Net.IPEndPoint.Parse("192.0.2.1:1")), UdpEndpoint.From(System.Net.IPEndPoint.Parse("192.0.2.2:2")));
        var first = Add(isInitiator: true);
        first.Receive([new AeadPacket { Counter = 5, Authentic = true }]);
        _peer.LearnEndpoint(old, first, 5);
        // It roams and shakes hands from there; all that the new session carries comes from there.
        Assert.True(_peer.LearnEndpoint(now));
        var second = Add(isInitiator: true);
        for (var counter = 0ul; counter < 100; counter++)
        {
            second.Receive([new AeadPacket { Counter = counter, Authentic = true }]);
            _peer.LearnEndpoint(now, second, counter);
        }

        // A datagram that was on its way for long: sent from the old place before the handshake.
        first.Receive([new AeadPacket { Counter = 6, Authentic = true }]);
        Assert.False(_peer.LearnEndpoint(old, first, 6));
        Assert.Equal(now, _peer.Endpoint!.Value);
    }

    [Fact]
    public void An_initiator_moves_on_at_once()
    {
        var first = Add(isInitiator: true);
        var second = Add(isInitiator: true);
        Assert.Same(second, _peer.Keypairs.Current);
        Assert.Same(first, _peer.Keypairs.Previous);
    }

    [Fact]
    public void A_responder_waits_for_the_first_packet()
    {
        var first = Add(isInitiator: true);
        var second = Add(isInitiator: false);
        Assert.Same(first, _peer.Keypairs.Current);
        Assert.Same(second, _peer.Keypairs.Next);
        Assert.False(_peer.Keypairs.Confirm(first));
        Assert.True(_peer.Keypairs.Confirm(second));
        Assert.False(_peer.Keypairs.Confirm(second));
        Assert.Same(second, _peer.Keypairs.Current);
        Assert.Same(first, _peer.Keypairs.Previous);
    }

    [Fact]
    public void An_offered_session_that_was_overtaken_can_still_receive()
    {
        var current = Add(isInitiator: true);
        var offered = Add(isInitiator: false);
        var own = Add(isInitiator: true);
        Assert.Same(own, _peer.Keypairs.Current);
        Assert.Same(offered, _peer.Keypairs.Previous);
        Assert.Null(_peer.Keypairs.Next);
        Assert.False(current.TryUse());
    }

    [Fact]
    public void Retired_sessions_leave_the_index_table_and_their_keys_are_zeroed()
    {
        var first = Add(isInitiator: true);
        Add(isInitiator: true);
        Add(isInitiator: true);
        Assert.Null(_indices.FindKeypair(first.LocalIndex));
        Assert.False(first.TryUse());
        Assert.True(IsZero(first));
        _peer.Keypairs.Clear();
        Assert.Equal(0, _indices.Count);
    }

    [Fact]
    public void Keys_in_use_are_zeroed_only_when_the_use_ends()
    {
        var keypair = Add(isInitiator: true);
        Assert.True(keypair.TryUse());
        _peer.Keypairs.Clear();
        Assert.False(IsZero(keypair));
        keypair.Release();
        Assert.True(IsZero(keypair));
    }

    [Fact]
    public void Counters_pass_32_bits_without_a_step()
    {
        var keypair = Add(isInitiator: true);
        keypair.SetSendCounter(uint.MaxValue - 1UL);
        Assert.Equal(uint.MaxValue - 1UL, keypair.TakeCounters(1));
        Assert.Equal(uint.MaxValue, keypair.TakeCounters(2));
        Assert.Equal((1UL << 32) + 1, keypair.TakeCounters(1));
    }

    [Fact]
    public void Of_copies_that_two_lanes_opened_at_once_each_is_accepted_once()
    {
        const int Rounds = 300;
        const int Batch = 4096;
        using var together = new Barrier(2);
        var keypair = Add(isInitiator: true);
        var accepted = new int[Rounds * Batch];
        Thread[] lanes = [Lane(), Lane()];
        Assert.All(lanes, l => Assert.True(l.Join(TimeSpan.FromSeconds(20))));
        Assert.All(accepted, a => Assert.Equal(1, a));
        Assert.False(keypair.CanReceive(0));
        Assert.True(keypair.CanReceive(Rounds * Batch));

        Thread Lane()
        {
            var lane = new Thread(() =>
            {
                var packets = new AeadPacket[Batch];
                for (var round = 0; round < Rounds; round++)
                {
                    for (var i = 0; i < Batch; i++)
                        packets[i] = new AeadPacket { Counter = (ulong)((round * Batch) + i), Authentic = true };
                    together.SignalAndWait();
                    keypair.Receive(packets);
                    foreach (var packet in packets)
                        Interlocked.Add(ref accepted[packet.Counter], packet.Authentic ? 1 : 0);
                }
            }) { IsBackground = true };
            lane.Start();
            return lane;
        }
    }

    [Fact]
    public void Counters_taken_at_once_are_all_different()
    {
        const int Takes = 300_000;
        using var together = new Barrier(2);
        var keypair = Add(isInitiator: true);
        var taken = new int[2 * Takes * 3];
        Thread[] lanes = [Lane(), Lane()];
        Assert.All(lanes, l => Assert.True(l.Join(TimeSpan.FromSeconds(20))));
        Assert.All(taken, t => Assert.Equal(1, t));

        Thread Lane()
        {
            var lane = new Thread(() =>
            {
                together.SignalAndWait();
                for (var i = 0; i < Takes; i++)
                {
                    var first = keypair.TakeCounters(3);
                    for (var counter = first; counter < first + 3; counter++)
                        Interlocked.Increment(ref taken[counter]);
                }
            }) { IsBackground = true };
            lane.Start();
            return lane;
        }
    }

    [Fact]
    public void No_packet_is_sent_with_a_counter_at_the_limit()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        var keypair = pair.A.Device.AllowedIPs.Find4(0x0A000002)!.Keypairs.Current!;
        keypair.SetSendCounter(ProtocolLimits.RejectAfterMessages - 1);
        var counters = new List<ulong>();
        pair.Network.Filter = (_, _, datagram) =>
        {
            if (datagram[0] == 4)
                counters.Add(BitConverter.ToUInt64(datagram[8..]));
            return 1;
        };
        Assert.NotNull(pair.SendAtoB(packet));
        Assert.Equal(ProtocolLimits.RejectAfterMessages - 1, Assert.Single(counters));
        counters.Clear();
        // The next one waits for a new session and arrives on that.
        pair.Run(TimeSpan.FromSeconds(6));
        pair.B.Tun.Dispose();
        Assert.NotNull(pair.SendAtoB(packet));
        Assert.All(counters, c => Assert.True(c < 100));
    }

    private Keypair Add(bool isInitiator)
    {
        var index = _indices.AddHandshake(_peer);
        var keypair = new Keypair(_peer, isInitiator, index, _nextIndex++, 0, Pattern(1), Pattern(2));
        _indices.Replace(index, keypair);
        _peer.Keypairs.Add(keypair);
        return keypair;
    }

    private static byte[] Pattern(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static bool IsZero(Keypair keypair) => new ReadOnlySpan<byte>(keypair.SendKey, 64).IndexOfAnyExcept((byte)0) < 0;
}
