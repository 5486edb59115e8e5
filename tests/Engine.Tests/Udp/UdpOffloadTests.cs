using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

/// <summary>UDP_SEGMENT and UDP_GRO on the loopback interface, against plain sockets that show what the kernel was given.</summary>
public sealed class UdpOffloadTests : IDisposable
{
    private const int SolUdp = 17;
    private const int UdpSegment = 103;
    private const int UdpGro = 104;

    private readonly PacketBatch _batch = new();
    private LinuxUdpBind _a = new(EngineLog.None);
    private LinuxUdpBind _b = new(EngineLog.None);

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _batch.Dispose();
    }

    [LinuxTheory]
    [InlineData(UdpOffloads.All, UdpOffloads.All)]
    [InlineData(UdpOffloads.All, UdpOffloads.None)]
    [InlineData(UdpOffloads.None, UdpOffloads.All)]
    [InlineData(UdpOffloads.None, UdpOffloads.None)]
    public void Whatever_is_sent_arrives_as_it_was(UdpOffloads sender, UdpOffloads receiver)
    {
        Use(sender, receiver);
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        var random = new Random(4);
        using var arrivals = new PacketBatch(24);
        for (var round = 0; round < 150; round++)
        {
            var sent = Fill(random, to);
            Assert.Equal(sent.Count, _a.Sockets[0].Send(_batch));
            var received = Receive(arrivals, sent.Count);
            foreach (var family in new[] { 4, 6 })
                Assert.Equal(sent.Where(d => d.Family == family), received.Where(d => d.Family == family));
        }
    }

    [LinuxFact]
    public void A_run_goes_as_one_message_and_ends_with_a_shorter_datagram()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        foreach (var length in new[] { 100, 100, 100, 50, 50, 20, 30, 30 })
            Add(target, length);
        Assert.Equal(8, _a.Sockets[0].Send(_batch));
        Assert.Equal([350, 70, 60], ReceiveLengths(raw, 3));
    }

    [LinuxFact]
    public void Another_endpoint_source_or_traffic_class_begins_a_new_message()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        var source = target with { SourceHigh = UdpBatch.Endpoint("127.0.0.5", 0).AddressHigh };
        foreach (var endpoint in new[] { target, target, target with { TrafficClass = 1 }, target with { TrafficClass = 1 }, source, source, source })
            Add(endpoint, 100);
        Add(UdpBatch.Endpoint("127.0.0.1", (ushort)(target.Port ^ 1)), 100);
        Add(source, 100);
        Assert.Equal(9, _a.Sockets[0].Send(_batch));
        Assert.Equal([200, 200, 300, 100], ReceiveLengths(raw, 4));
    }

    [LinuxFact]
    public void A_message_holds_64_datagrams_and_65507_bytes_at_most()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        for (var i = 0; i < 70; i++)
            Add(target, 10);
        Assert.Equal(70, _a.Sockets[0].Send(_batch));
        Assert.Equal([640, 60], ReceiveLengths(raw, 2));
        _batch.Count = 0;
        for (var i = 0; i < 48; i++)
            Add(target, 1452);
        Assert.Equal(48, _a.Sockets[0].Send(_batch));
        Assert.Equal([45 * 1452, 3 * 1452], ReceiveLengths(raw, 2));
    }

    [LinuxFact]
    public void Without_the_offload_each_datagram_goes_alone()
    {
        Use(UdpOffloads.None, UdpOffloads.None);
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        Add(target, 100);
        Add(target, 100);
        Assert.Equal(2, _a.Sockets[0].Send(_batch));
        Assert.Equal([100, 100], ReceiveLengths(raw, 2));
    }

    [LinuxFact]
    public void A_route_that_cannot_do_it_is_not_asked_again_on_this_socket()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        var pair = ((LinuxUdpSocket)_a.Sockets[0]).Pair!;
        Add(target, 100);
        Add(target, 100);
        pair.RunRefused(Errno.EMSGSIZE);
        Assert.Equal(2, _a.Sockets[0].Send(_batch));
        pair.RunRefused(Errno.EIO);
        Assert.Equal(2, _a.Sockets[0].Send(_batch));
        Assert.Equal([200, 100, 100], ReceiveLengths(raw, 3));
    }

    [LinuxFact]
    public void Empty_slots_do_not_break_a_run()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        foreach (var length in new[] { 0, 100, 0, 100, 100, 0 })
            Add(target, length);
        Assert.Equal(3, _a.Sockets[0].Send(_batch));
        Assert.Equal([300], ReceiveLengths(raw, 1));
    }

    [LinuxTheory]
    [InlineData(1, 64)]
    [InlineData(1023, 65_507)]
    [InlineData(1100, 64_999)]
    [InlineData(32_753, 65_507)]
    [InlineData(65_506, 65_507)]
    public void A_coalesced_datagram_is_cut_whatever_its_size(int segment, int length)
    {
        var to = _b.Open(0, 0);
        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        raw.SendBufferSize = 1 << 20;
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        raw.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(segment));
        raw.SendTo(bytes, new IPEndPoint(IPAddress.Parse("127.0.0.9"), to));
        var expected = bytes.Chunk(segment).ToList();
        using var small = new PacketBatch(7);
        var received = Receive(small, expected.Count);
        Assert.Equal(expected.Select(Convert.ToHexString), received.Select(d => d.Bytes));
        Assert.All(received, d => Assert.Equal("127.0.0.9", d.Local));
    }

    [LinuxFact]
    public void What_a_full_batch_has_no_room_for_comes_with_the_next()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        for (var i = 0; i < 60; i++)
            Add(UdpBatch.Endpoint("127.0.0.1", to), 200);
        _a.Sockets[0].Send(_batch);
        using var small = new PacketBatch(25);
        var counts = new List<int>();
        var limit = DateTime.UtcNow.AddSeconds(20);
        while (counts.Sum() < 60 && DateTime.UtcNow < limit)
        {
            if (_b.Sockets[0].Receive(small) > 0)
                counts.Add(small.Count);
        }
        Assert.Equal([25, 25, 10], counts);
        Assert.Equal(0, _b.Sockets[0].Receive(small));
    }

    [LinuxFact]
    public void A_close_forgets_what_waited()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        for (var i = 0; i < 20; i++)
            Add(UdpBatch.Endpoint("127.0.0.1", to), 200);
        _a.Sockets[0].Send(_batch);
        using var small = new PacketBatch(5);
        Receive(small, 5);
        _b.Close();
        Assert.Equal(0, _b.Sockets[0].Receive(small));
        _b.Open(to, 0);
        Assert.Equal(0, _b.Sockets[0].Receive(small));
    }

    [LinuxFact]
    public void A_run_whose_source_the_host_does_not_have_goes_without_it()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        var lost = target with { SourceHigh = UdpBatch.Endpoint("192.0.2.77", 0).AddressHigh };
        foreach (var endpoint in new[] { lost, lost, lost, target, target })
            Add(endpoint, 100);
        Assert.Equal(5, _a.Sockets[0].Send(_batch));
        Assert.Equal([300, 200], ReceiveLengths(raw, 2));
    }

    [LinuxFact]
    public void A_run_that_cannot_go_is_skipped_and_what_is_behind_it_goes()
    {
        using var raw = Coalescing(out var target);
        _a.Open(0, 0);
        foreach (var address in new[] { "127.0.0.1", "255.255.255.255", "255.255.255.255", "255.255.255.255", "127.0.0.1", "127.0.0.1" })
            Add(UdpBatch.Endpoint(address, target.Port), 100);
        Add(target, 100);
        _batch[3].Length = 60_000;
        Assert.Equal(4, _a.Sockets[0].Send(_batch));
        Assert.Equal([100, 300], ReceiveLengths(raw, 2));
    }

    [LinuxFact]
    public void Runs_allocate_nothing_either_way()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        using var received = new PacketBatch(48);
        for (var i = 0; i < 64; i++)
            Add(UdpBatch.Endpoint(i < 32 ? "127.0.0.1" : "::1", to) with { TrafficClass = 1 }, 300);
        AllocationMeter.AssertNothingAllocated(() =>
        {
            _a.Sockets[0].Send(_batch);
            _b.Sockets[0].Receive(received);
            _b.Sockets[0].Receive(received);
        });
        Assert.Equal(16, received.Count);
    }

    private void Use(UdpOffloads sender, UdpOffloads receiver)
    {
        _a.Dispose();
        _b.Dispose();
        _a = new LinuxUdpBind(EngineLog.None, sender);
        _b = new LinuxUdpBind(EngineLog.None, receiver);
    }

    private void Add(UdpEndpoint endpoint, int length)
    {
        _batch.Add(endpoint, "");
        _batch[_batch.Count - 1].Length = length;
    }

    /// <summary>A batch as traffic makes it: runs of a few endpoints and sizes, with breaks. Small enough for default buffers.</summary>
    private List<Arrival> Fill(Random random, ushort port)
    {
        string[] addresses = Socket.OSSupportsIPv6 ? ["127.0.0.1", "127.0.0.2", "::1"] : ["127.0.0.1", "127.0.0.2"];
        var sent = new List<Arrival>();
        _batch.Count = 0;
        while (_batch.Count < 60)
        {
            var address = addresses[random.Next(addresses.Length)];
            var endpoint = UdpBatch.Endpoint(address, port) with { TrafficClass = (byte)random.Next(2) };
            if (address == "127.0.0.1" && random.Next(2) == 0)
                endpoint.SourceHigh = UdpBatch.Endpoint("127.0.0.3", 0).AddressHigh;
            var length = random.Next(1, 400);
            for (var left = random.Next(1, 20); left > 0 && _batch.Count < 60; left--)
            {
                Add(endpoint, random.Next(8) == 0 ? random.Next(0, 400) : length);
                ref var slot = ref _batch[_batch.Count - 1];
                random.NextBytes(slot.Span);
                if (slot.Length > 0)
                    sent.Add(new Arrival(address, endpoint.Family, endpoint.TrafficClass, Convert.ToHexString(slot.Span)));
            }
        }
        return sent;
    }

    private List<Arrival> Receive(PacketBatch batch, int count)
    {
        var all = new List<Arrival>();
        var limit = DateTime.UtcNow.AddSeconds(20);
        while (all.Count < count)
        {
            Assert.True(DateTime.UtcNow < limit, $"{all.Count} of {count} datagrams came.");
            _b.Sockets[0].Receive(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                var arrived = batch[i].Endpoint;
                var local = arrived with { AddressHigh = arrived.SourceHigh, AddressLow = arrived.SourceLow };
                all.Add(new Arrival(local.ToIPEndPoint()!.Address.ToString(), arrived.Family, arrived.TrafficClass, Convert.ToHexString(batch[i].Span)));
            }
        }
        return all;
    }

    private static Socket Coalescing(out UdpEndpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000, ReceiveBufferSize = 1 << 20 };
        socket.SetRawSocketOption(SolUdp, UdpGro, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint = UdpBatch.Endpoint("127.0.0.1", (ushort)((IPEndPoint)socket.LocalEndPoint!).Port);
        return socket;
    }

    private static List<int> ReceiveLengths(Socket socket, int count)
    {
        var buffer = new byte[65_536];
        return [.. Enumerable.Range(0, count).Select(_ => socket.Receive(buffer))];
    }

    private sealed record Arrival(string Local, int Family, int TrafficClass, string Bytes);
}
