using System.Net;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.Lanes;

/// <summary>Two devices whose lanes and workers all run at once: many flows, whose packets each bear a number.</summary>
public sealed class SeveralLanesTests
{
    private static readonly IPAddress OnTheMove = IPAddress.Parse("203.0.113.5");
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_flow_arrives_whole_and_in_order(int lanes)
    {
        using var pair = new DevicePair(lanes: lanes);
        Start(pair);
        var flows = new FlowCheck(pair.A, pair.B);
        flows.Run(8_000);
        Wait(() => pair.A.Peer(pair.B.PublicKey).TxBytes == pair.B.Peer(pair.A.PublicKey).RxBytes, "what one counts as sent the other counts as received");
    }

    [Fact]
    public void Both_directions_at_once_arrive_whole_and_in_order()
    {
        using var pair = new DevicePair(lanes: 2);
        Start(pair);
        var there = new FlowCheck(pair.A, pair.B);
        var back = new FlowCheck(pair.B, pair.A);
        there.Run(100);
        for (var round = 0; round < 50; round++)
        {
            there.Inject(FlowCheck.Window);
            back.Inject(FlowCheck.Window);
            there.Receive(FlowCheck.Window);
            back.Receive(FlowCheck.Window);
        }
    }

    [Fact]
    public void Sessions_change_under_traffic_without_a_loss()
    {
        using var pair = new DevicePair(lanes: 4);
        Start(pair);
        var flows = new FlowCheck(pair.A, pair.B);
        flows.Run(500);
        for (var change = 0; change < 5; change++)
        {
            var before = pair.PeerAtA.Keypairs.Current;
            pair.Time.Advance(ProtocolLimits.RekeyAfterTime + TimeSpan.FromSeconds(1));
            flows.Run(500);
            Wait(() => !ReferenceEquals(before, pair.PeerAtA.Keypairs.Current), "a new session");
            flows.Run(500);
        }
    }

    [Fact]
    public void A_peer_that_moves_is_where_its_newest_message_came_from_though_lanes_take_turns()
    {
        using var pair = new DevicePair(lanes: 4);
        const int Messages = 30;
        // Each datagram to another lane: messages of one peer are handled in any order.
        var turn = 0;
        pair.B.Bind.Steer = _ => Interlocked.Increment(ref turn) & 3;
        Start(pair);
        var flows = new FlowCheck(pair.A, pair.B) { IsInOrder = false };
        flows.Run(200);
        var sent = new List<byte[]>();
        pair.Network.Filter = (from, _, datagram) =>
        {
            if (from.Address.Equals(OnTheMove))
                return 1;
            lock (sent)
                sent.Add(datagram.ToArray());
            return 0;
        };
        for (var round = 0; round < 100; round++)
        {
            flows.Inject(Messages);
            Wait(() => CountOf(sent) == Messages, "all messages");
            lock (sent)
                sent.Sort(static (one, other) => Counter(one).CompareTo(Counter(other)));
            var port = 1000 + (round * Messages);
            foreach (var message in sent)
                pair.Network.Inject(new IPEndPoint(OnTheMove, port++), pair.B.Endpoint, message);
            flows.Receive(Messages);
            sent.Clear();
            Assert.Equal(port - 1, pair.PeerAtB.Endpoint!.Value.Port);
        }
    }

    [Fact]
    public void Of_copies_that_come_to_different_lanes_one_is_delivered()
    {
        using var pair = new DevicePair(lanes: 4);
        var turn = 0;
        pair.B.Bind.Steer = _ => Interlocked.Increment(ref turn) & 3;
        Start(pair);
        var flows = new FlowCheck(pair.A, pair.B) { IsInOrder = false };
        flows.Run(100);
        pair.Network.Filter = (_, to, _) => to.Equals(pair.B.Endpoint) ? 4 : 1;
        flows.Run(6_000);
        Thread.Sleep(50);
        Assert.Equal(0, pair.B.Tun.Delivered);
    }

    private static void Start(DevicePair pair)
    {
        pair.A.Start();
        pair.B.Start();
    }

    private static void Wait(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Long), what);

    private static int CountOf(List<byte[]> list)
    {
        lock (list)
            return list.Count;
    }

    private static ulong Counter(byte[] message) => BitConverter.ToUInt64(message, 8);
}
