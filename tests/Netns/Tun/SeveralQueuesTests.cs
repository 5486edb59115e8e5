using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Tun;

/// <summary>A TUN device with a queue a lane.</summary>
public sealed class SeveralQueuesTests : IDisposable
{
    private const int MultiQueue = 0x100;
    /// <summary>Of each flow; all together wait in the queues, of which each holds 500.</summary>
    private const int Packets = 6;

    private readonly NetworkNamespace _netns = NetworkNamespace.Create();

    public void Dispose() => _netns.Dispose();

    [RootTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_interface_has_as_many_and_only_with_more_than_one_looks_flows_up(int queues)
    {
        using var tun = TunCable.CreateIn(_netns, 1, TunOffloads.All, queues);
        Assert.Equal(queues, tun.Queues.Count);
        var flags = Convert.ToInt32(_netns.Run("cat", "/sys/class/net/wg0/tun_flags").Output.Trim(), 16);
        Assert.Equal(queues > 1, (flags & MultiQueue) != 0);
        Assert.Equal(queues, _netns.Run("ls", "/sys/class/net/wg0/queues").Output.Split('\n').Count(q => q.StartsWith("tx-", StringComparison.Ordinal)));
    }

    [RootFact]
    public void It_is_gone_when_it_was_disposed_of_and_its_name_is_free()
    {
        TunCable.CreateIn(_netns, 1, TunOffloads.All, 4).Dispose();
        Eventually.True(() => _netns.TryRun("ip", "link", "show", "wg0").ExitCode != 0, "the interface is gone");
        using var again = TunCable.CreateIn(_netns, 1, TunOffloads.None, 2);
        Assert.Equal(TunError.NameInUse, Assert.Throws<TunException>(() => TunCable.CreateIn(_netns, 1, TunOffloads.None, 2)).Error);
    }

    [RootTheory]
    [InlineData(2, TunOffloads.All)]
    [InlineData(4, TunOffloads.All)]
    [InlineData(4, TunOffloads.None)]
    public void Each_flow_comes_in_order_from_one_queue_and_many_flows_from_all(int queues, TunOffloads offloads)
    {
        const int Flows = 64;
        using var tun = TunCable.CreateIn(_netns, 1, offloads, queues);
        var sockets = Enumerable.Range(0, Flows).Select(_ => NewSocket()).ToList();
        for (var number = 0; number < Packets; number++)
            foreach (var socket in sockets)
                Send(socket, number);
        var arrived = ReadAll(tun, Flows * Packets);
        sockets.ForEach(s => s.Dispose());
        Assert.Equal(queues, arrived.Select(a => a.Queue).Distinct().Count());
        foreach (var flow in arrived.GroupBy(a => a.Port))
        {
            Assert.Single(flow.Select(a => a.Queue).Distinct());
            Assert.Equal(Enumerable.Range(0, Packets), flow.Select(a => a.Number));
        }
    }

    [RootFact]
    public void A_flow_comes_to_the_queue_that_its_answers_were_written_to()
    {
        using var tun = TunCable.CreateIn(_netns, 1, TunOffloads.All, 4);
        using var socket = NewSocket();
        using var batch = new PacketBatch();
        foreach (var queue in new[] { 0, 1, 2, 3, 1 })
        {
            Send(socket, queue);
            Answer(ReadAll(tun, 1).Single().Packet, batch);
            Assert.Equal(1, tun.Queues[queue].Write(batch));
            var buffer = new byte[100];
            Assert.Equal(4, socket.Receive(buffer));
            Send(socket, queue);
            Assert.Equal(queue, ReadAll(tun, 1).Single().Queue);
        }
    }

    private Socket NewSocket() => _netns.Invoke(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        socket.Connect(IPAddress.Parse("10.9.0.2"), 9);
        return socket;
    });

    private static void Send(Socket socket, int number) => socket.Send(BitConverter.GetBytes(number));

    private static List<Arrival> ReadAll(LinuxTunDevice tun, int count)
    {
        using var batch = new PacketBatch();
        List<Arrival> all = [];
        Eventually.True(
            () =>
            {
                for (var queue = 0; queue < tun.Queues.Count; queue++)
                {
                    while (tun.Queues[queue].Read(batch) > 0)
                    {
                        for (var i = 0; i < batch.Count; i++)
                        {
                            var packet = batch[i].Span.ToArray();
                            all.Add(new Arrival(queue, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(20)), BitConverter.ToInt32(packet, 28), packet));
                        }
                    }
                }

                return all.Count >= count;
            },
            $"{count} packets come");
        Assert.Equal(count, all.Count);
        return all;
    }

    // The packet with its ends exchanged; that leaves both checksums as they are.
    private static void Answer(byte[] packet, PacketBatch batch)
    {
        ref var slot = ref batch[0];
        Point(ref slot, batch);
        slot.Length = packet.Length;
        packet.CopyTo(slot.Span);
        packet.AsSpan(12, 4).CopyTo(slot.Span[16..]);
        packet.AsSpan(16, 4).CopyTo(slot.Span[12..]);
        packet.AsSpan(20, 2).CopyTo(slot.Span[22..]);
        packet.AsSpan(22, 2).CopyTo(slot.Span[20..]);
        batch.Count = 1;
    }

    private static unsafe void Point(ref PacketSlot slot, PacketBatch batch) => slot.Data = batch.ReadPosition(0);

    private sealed record Arrival(int Queue, int Port, int Number, byte[] Packet);
}
