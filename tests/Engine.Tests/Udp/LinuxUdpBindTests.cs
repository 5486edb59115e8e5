using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

public sealed class LinuxUdpBindTests : IDisposable
{
    private readonly LinuxUdpBind _a = new(EngineLog.None);
    private readonly LinuxUdpBind _b = new(EngineLog.None);
    private readonly PacketBatch _batch = new();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _batch.Dispose();
    }

    [LinuxFact]
    public void A_random_port_is_the_same_in_both_families()
    {
        var port = _a.Open(0, 0);
        Assert.NotEqual(0, port);
        Assert.Equal(port, _a.Port);
        AssertTaken(port, IPAddress.Any);
        if (Socket.OSSupportsIPv6)
            AssertTaken(port, IPAddress.IPv6Any);
    }

    [LinuxFact]
    public void Datagrams_of_both_families_travel_in_one_batch_and_in_order()
    {
        var to = _b.Open(0, 0);
        var from = _a.Open(0, 0);
        for (var i = 0; i < 10; i++)
            _batch.Add(UdpBatch.Endpoint(i % 3 == 0 ? "::1" : "127.0.0.1", to), $"datagram {i}");
        Assert.Equal(10, _a.Sockets[0].Send(_batch));
        var received = UdpBatch.Receive(_b.Sockets[0], 10, (text, endpoint) => (text, endpoint));
        Assert.All(received, datagram => Assert.Equal(from, datagram.endpoint.Port));
        Assert.Equal([0, 3, 6, 9], Numbers(6));
        Assert.Equal([1, 2, 4, 5, 7, 8], Numbers(4));

        IEnumerable<int> Numbers(byte family) => received.Where(d => d.endpoint.Family == family).Select(d => int.Parse(d.text.Split(' ')[1]));
    }

    [LinuxFact]
    public void The_source_address_of_what_was_received_is_learnt()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        _batch.Add(UdpBatch.Endpoint("127.0.0.7", to), "four");
        _batch.Add(UdpBatch.Endpoint("::1", to), "six");
        _a.Sockets[0].Send(_batch);
        var received = UdpBatch.Receive(_b.Sockets[0], 2, (text, endpoint) => (text, endpoint)).ToDictionary(d => d.text, d => d.endpoint);
        Assert.Equal(UdpBatch.Endpoint("127.0.0.7", 0).AddressHigh, received["four"].SourceHigh);
        Assert.Equal(0ul, received["four"].SourceLow);
        Assert.Equal(UdpBatch.Endpoint("::1", 0).AddressLow, received["six"].SourceLow);
        Assert.NotEqual(0, received["four"].SourceInterface);
        // An answer to it comes from that address, not from 127.0.0.1.
        _batch.Count = 0;
        _batch.Add(received["four"], "answer");
        Assert.Equal(1, _b.Sockets[0].Send(_batch));
        Assert.Equal("127.0.0.7", UdpBatch.Receive(_a.Sockets[0], 1, (_, endpoint) => endpoint.ToIPEndPoint()!.Address.ToString())[0]);
    }

    [LinuxFact]
    public void A_source_that_the_host_does_not_have_is_left_out_and_nothing_behind_it_lost()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        var lost = UdpBatch.Endpoint("127.0.0.1", to) with { SourceHigh = UdpBatch.Endpoint("192.0.2.77", 0).AddressHigh, SourceInterface = 1 };
        var lost6 = UdpBatch.Endpoint("::1", to) with { SourceHigh = UdpBatch.Endpoint("2001:db8::77", 0).AddressHigh, SourceLow = 1, SourceInterface = 1 };
        _batch.Add(UdpBatch.Endpoint("127.0.0.1", to), "0");
        _batch.Add(lost, "1");
        _batch.Add(lost with { TrafficClass = 0x88 }, "2");
        _batch.Add(UdpBatch.Endpoint("127.0.0.1", to), "3");
        _batch.Add(lost6, "4");
        _batch.Add(lost6 with { TrafficClass = 0x88 }, "5");
        _batch.Add(UdpBatch.Endpoint("::1", to), "6");
        Assert.Equal(7, _a.Sockets[0].Send(_batch));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], UdpBatch.Receive(_b.Sockets[0], 7, (text, _) => text).Order());
        Assert.Equal(lost.SourceHigh, _batch[1].Endpoint.SourceHigh);
    }

    [LinuxFact]
    public void A_datagram_that_cannot_go_is_skipped_and_those_behind_it_go()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        var target = UdpBatch.Endpoint("127.0.0.1", to);
        _batch.Add(target, "first");
        _batch.Add(target, "too long");
        _batch[1].Length = 65_530;
        _batch.Add(UdpBatch.Endpoint("255.255.255.255", to), "broadcast without leave");
        _batch.Add(default, "to nobody");
        _batch.Add(target, "");
        _batch.Add(target, "last");
        Assert.Equal(2, _a.Sockets[0].Send(_batch));
        Assert.Equal(["first", "last"], UdpBatch.Receive(_b.Sockets[0], 2, (text, _) => text));
    }

    [LinuxFact]
    public void The_largest_datagrams_fit()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        _batch.Add(UdpBatch.Endpoint("127.0.0.1", to), "");
        _batch[0].Length = 65_507;
        Assert.Equal(1, _a.Sockets[0].Send(_batch));
        Assert.Equal(65_507, UdpBatch.Receive(_b.Sockets[0], 1, (text, _) => text.Length)[0]);
    }

    [LinuxFact]
    public void Of_a_received_traffic_class_the_ECN_bits_are_told()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        foreach (var address in new[] { "127.0.0.1", "::1" })
        {
            _batch.Count = 0;
            foreach (var trafficClass in new byte[] { 0x88, 0x89, 0x8A, 0x03, 0 })
                _batch.Add(UdpBatch.Endpoint(address, to) with { TrafficClass = trafficClass }, "x");
            _a.Sockets[0].Send(_batch);
            Assert.Equal([0, 1, 2, 3, 0], UdpBatch.Receive(_b.Sockets[0], 5, (_, endpoint) => (int)endpoint.TrafficClass));
        }
    }

    [LinuxFact]
    public void A_taken_port_is_an_error_that_leaves_the_old_sockets()
    {
        var port = _a.Open(0, 0);
        var other = _b.Open(0, 0);
        var refused = Assert.Throws<SocketException>(() => _b.Open(port, 0));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.Equal($"binding UDP port {port} in IPv4: Address already in use", refused.Message);
        Assert.Equal(other, _b.Port);
        _batch.Add(UdpBatch.Endpoint("127.0.0.1", other), "still there");
        Assert.Equal(1, _a.Sockets[0].Send(_batch));
        Assert.Equal("still there", UdpBatch.Receive(_b.Sockets[0], 1, (text, _) => text)[0]);
    }

    [LinuxFact]
    public void A_port_taken_in_IPv6_alone_is_an_error_that_leaves_nothing_bound()
    {
        using var blocker = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = false };
        blocker.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        var port = (ushort)((IPEndPoint)blocker.LocalEndPoint!).Port;
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => _a.Open(port, 0)).SocketErrorCode);
        Assert.Equal(0, _a.Port);
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        free.Bind(new IPEndPoint(IPAddress.Any, port));
    }

    [LinuxFact]
    public void Opening_the_open_port_again_changes_nothing()
    {
        var port = _a.Open(0, 0);
        Assert.Equal(port, _a.Open(port, 0));
        Assert.Equal(port, _a.Port);
    }

    [LinuxFact]
    public void Closed_sockets_do_nothing_and_open_again_on_the_same_port()
    {
        var port = _a.Open(0, 0);
        _a.Close();
        Assert.Equal(0, _a.Port);
        _batch.Add(UdpBatch.Endpoint("127.0.0.1", port), "nowhere");
        Assert.Equal(0, _a.Sockets[0].Send(_batch));
        Assert.Equal(0, _a.Sockets[0].Receive(_batch));
        Assert.Equal(0, _batch.Count);
        Assert.Equal(port, _a.Open(port, 0));
        _a.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _a.Open(port, 0));
        Assert.Equal(port, _b.Open(port, 0));
    }

    [LinuxFact]
    public void Sending_and_receiving_allocate_nothing()
    {
        var to = _b.Open(0, 0);
        _a.Open(0, 0);
        using var received = new PacketBatch();
        for (var i = 0; i < 32; i++)
            _batch.Add(UdpBatch.Endpoint(i % 2 == 0 ? "127.0.0.1" : "::1", to) with { TrafficClass = 1 }, "datagram");
        AllocationMeter.AssertNothingAllocated(() =>
        {
            _a.Sockets[0].Send(_batch);
            _b.Sockets[0].Receive(received);
            _b.Sockets[0].Send(received);
            _a.Sockets[0].Receive(received);
        });
        Assert.Equal(32, received.Count);
    }

    [LinuxFact]
    public void Rebinding_under_traffic_from_many_threads_harms_nobody()
    {
        var port = _b.Open(0, 0);
        _a.Open(0, 0);
        var stop = false;
        long received = 0;
        var senders = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            using var batch = new PacketBatch(16);
            while (!Volatile.Read(ref stop))
            {
                batch.Count = 0;
                for (var i = 0; i < 16; i++)
                    batch.Add(UdpBatch.Endpoint(i % 2 == 0 ? "127.0.0.1" : "::1", port), "x");
                _a.Sockets[0].Send(batch);
            }
        })).ToList();
        senders.Add(new Thread(() =>
        {
            using var batch = new PacketBatch();
            while (!Volatile.Read(ref stop))
                Interlocked.Add(ref received, _b.Sockets[0].Receive(batch));
        }));
        senders.ForEach(thread => thread.Start());
        for (var i = 0; i < 200; i++)
        {
            _a.Open(0, 0);
            if (i % 10 == 0)
                _a.Close();
            _b.Close();
            // The port is free at once although a lane received on it a moment ago.
            Assert.Equal(port, _b.Open(port, 0));
        }
        var before = Interlocked.Read(ref received);
        var limit = DateTime.UtcNow.AddSeconds(20);
        while (Interlocked.Read(ref received) == before && DateTime.UtcNow < limit)
            Thread.Sleep(1);
        Volatile.Write(ref stop, true);
        senders.ForEach(thread => thread.Join());
        Assert.True(Interlocked.Read(ref received) > before);
    }

    private static void AssertTaken(ushort port, IPAddress any)
    {
        using var socket = new Socket(any.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (any.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => socket.Bind(new IPEndPoint(any, port))).SocketErrorCode);
    }
}
