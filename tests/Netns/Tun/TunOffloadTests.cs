using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Tun;

/// <summary>Real TCP and UDP through two TUN devices, with and without super-packets.</summary>
public sealed class TunOffloadTests : IDisposable
{
    private const int TransferBytes = 8 << 20;
    private const int UdpSegment = 103;
    private const int SolUdp = 17;
    private const int Timeout = 20_000;

    private readonly NetworkNamespace _one = NetworkNamespace.Create();
    private readonly NetworkNamespace _two = NetworkNamespace.Create();

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [RootTheory]
    [InlineData(TunOffloads.All, TunOffloads.All, "10.9.0.2")]
    [InlineData(TunOffloads.All, TunOffloads.All, "10.9.0.2", 2)]
    [InlineData(TunOffloads.All, TunOffloads.All, "fd09::2", 4)]
    [InlineData(TunOffloads.All, TunOffloads.All, "fd09::2")]
    [InlineData(TunOffloads.Header | TunOffloads.Tcp, TunOffloads.None, "10.9.0.2")]
    [InlineData(TunOffloads.None, TunOffloads.All, "fd09::2")]
    [InlineData(TunOffloads.Header, TunOffloads.Header, "10.9.0.2")]
    [InlineData(TunOffloads.None, TunOffloads.None, "10.9.0.2")]
    public void A_TCP_transfer_arrives_and_every_packet_of_it_is_right(TunOffloads sender, TunOffloads receiver, string address, int queues = 1)
    {
        using var cable = Connect(sender, receiver, queues);
        Transfer(IPAddress.Parse(address));
        Assert.Empty(cable.Faults);
        Assert.True(cable.Passed > TransferBytes / 1420);
        // A super-packet counts once where it crosses the device.
        AssertFewer(sender.HasFlag(TunOffloads.Tcp), _one, "tx_packets");
        AssertFewer(receiver.HasFlag(TunOffloads.Tcp), _two, "rx_packets");
    }

    [RootTheory]
    [InlineData(TunOffloads.All, "10.9.0.2")]
    [InlineData(TunOffloads.All, "fd09::2")]
    [InlineData(TunOffloads.None, "10.9.0.2")]
    public void UDP_that_an_application_sends_in_one_arrives_in_its_datagrams(TunOffloads offloads, string address)
    {
        using var cable = Connect(offloads, offloads);
        var target = IPAddress.Parse(address);
        using var receiver = _two.Invoke(() =>
        {
            var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = Timeout, ReceiveBufferSize = 1 << 20 };
            socket.Bind(new IPEndPoint(target, 0));
            return socket;
        });
        using var sender = _one.Invoke(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 1 << 20 });
        sender.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(1200));
        var bytes = new byte[(1200 * 40) + 77];
        new Random(7).NextBytes(bytes);
        for (var round = 0; round < 20; round++)
        {
            sender.SendTo(bytes, receiver.LocalEndPoint!);
            var buffer = new byte[2000];
            foreach (var datagram in bytes.Chunk(1200))
                Assert.Equal(datagram, buffer[..receiver.Receive(buffer)]);
        }
        Assert.Empty(cable.Faults);
    }

    [RootFact]
    public void A_small_batch_takes_a_super_packet_in_pieces()
    {
        using var tun = TunCable.CreateIn(_one, 1, TunOffloads.All);
        using var sender = _one.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        sender.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(100));
        sender.SendTo(new byte[100 * 60], new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9));
        using var batch = new PacketBatch(25);
        var counts = new List<int>();
        Eventually.True(
            () =>
            {
                tun.Queues[0].Read(batch);
                var datagrams = Enumerable.Range(0, batch.Count).Count(i => batch[i].Length == 128);
                if (datagrams > 0)
                    counts.Add(datagrams);
                return counts.Sum() == 60;
            },
            "all segments come");
        Assert.True(counts.Count >= 3);
    }

    [RootFact]
    public void Super_packets_allocate_nothing_either_way()
    {
        using var tun = TunCable.CreateIn(_one, 1, TunOffloads.All);
        using var sender = _one.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        sender.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(100));
        sender.Connect(IPAddress.Parse("10.9.0.2"), 9);
        var bytes = new byte[100 * 40];
        using var batch = new PacketBatch(30);
        var queue = tun.Queues[0];
        var written = 0;
        var rounds = AllocationMeter.AssertNothingAllocated(() =>
        {
            sender.Send(bytes);
            while (queue.Read(batch) > 0)
                written += queue.Write(batch);
        });
        Assert.True(written >= 40 * rounds);
    }

    [RootTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_descriptor_from_elsewhere_works_with_a_header_before_its_packets_and_without(bool withHeader)
    {
        var handedOver = _one.Invoke(() => LinuxTunDevice.FromFileDescriptor(LinuxTun.OpenNew("wg0", withHeader), EngineLog.None));
        foreach (var address in TunCable.AddressesOf(1))
            _one.Ip(address.Contains(':') ? ["addr", "add", address, "dev", "wg0", "nodad"] : ["addr", "add", address, "dev", "wg0"]);
        _one.Ip("link", "set", "wg0", "mtu", "1420", "up");
        using var cable = new TunCable(handedOver, TunCable.CreateIn(_two, 2, TunOffloads.All));
        Transfer(IPAddress.Parse("10.9.0.2"));
        Assert.Empty(cable.Faults);
        AssertFewer(withHeader, _one, "tx_packets");
    }

    private TunCable Connect(TunOffloads one, TunOffloads two, int queues = 1) =>
        new(TunCable.CreateIn(_one, 1, one, queues), TunCable.CreateIn(_two, 2, two, queues));

    private static void AssertFewer(bool expected, NetworkNamespace netns, string counter)
    {
        var packets = long.Parse(netns.Run("cat", $"/sys/class/net/wg0/statistics/{counter}").Output);
        Assert.Equal(expected, packets < TransferBytes / 1420 / 2);
    }

    private void Transfer(IPAddress address)
    {
        using var listener = _two.Invoke(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            socket.Listen(1);
            return socket;
        });
        using var sender = _one.Invoke(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        sender.Connect(listener.LocalEndPoint!);
        using var receiver = listener.Accept();
        sender.SendTimeout = receiver.ReceiveTimeout = Timeout;
        var bytes = new byte[TransferBytes];
        new Random(8).NextBytes(bytes);
        var sending = Task.Run(() =>
        {
            for (var done = 0; done < bytes.Length;)
                done += sender.Send(bytes.AsSpan(done));
            sender.Shutdown(SocketShutdown.Send);
        });
        var received = new byte[TransferBytes + 1];
        var count = 0;
        while (receiver.Receive(received.AsSpan(count)) is > 0 and var more)
            count += more;
        sending.GetAwaiter().GetResult();
        Assert.True(bytes.AsSpan().SequenceEqual(received.AsSpan(0, count)));
    }
}
