using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Lanes;

public sealed class LinuxLaneIoTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly LinuxTunDevice _tun;
    private readonly LinuxUdpBind _bind = new(EngineLog.None);
    private readonly LinuxLaneIo _io;

    public LinuxLaneIoTests()
    {
        _tun = _netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));
        _io = new LinuxLaneIo((LinuxTunQueue)_tun.Queues[0], (LinuxUdpSocket)_bind.Sockets[0]);
    }

    public void Dispose()
    {
        _io.Dispose();
        _bind.Dispose();
        _tun.Dispose();
        _netns.Dispose();
    }

    [RootFact]
    public void A_wake_before_the_wait_ends_it_once()
    {
        _io.Wake();
        _io.Wake();
        Ends(() => _io.Wait(-1));
        var waiting = Start(() => _io.Wait(-1));
        Assert.False(waiting.Wait(TimeSpan.FromMilliseconds(50)));
        _io.Wake();
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void A_timeout_ends_it() => Ends(() => _io.Wait(1));

    [RootFact]
    public void A_packet_on_the_tun_ends_it()
    {
        _netns.Ip("addr", "add", "10.9.0.1/24", "dev", "wg0");
        _netns.Ip("link", "set", "wg0", "up");
        var waiting = Start(() => _io.Wait(-1));
        SendInside("10.9.0.2", 9);
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
        using var batch = new PacketBatch();
        Assert.Equal(1, _io.Tun.Read(batch));
        Assert.Equal(0x45, batch[0].Span[0]);
        Assert.Equal(28 + 5, batch[0].Length);
    }

    [RootTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_datagram_ends_it_also_on_sockets_that_were_bound_while_it_waited(string address)
    {
        var ended = 0;
        var lane = Start(() =>
        {
            using var batch = new PacketBatch();
            while (_io.Udp.Receive(batch) == 0)
            {
                _io.Wait(-1);
                Interlocked.Increment(ref ended);
            }
        });
        for (var round = 0; round < 5; round++)
        {
            var before = Volatile.Read(ref ended);
            _netns.Invoke(() => _bind.Open(0, 0));
            Eventually.True(() => Volatile.Read(ref ended) > before, "the rebind wakes the lane");
        }
        Assert.False(lane.IsCompleted);
        SendInside(address, _bind.Port);
        Assert.True(lane.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void What_a_wait_found_empty_is_not_asked_again_by_the_next_read_but_by_the_one_after()
    {
        _netns.Ip("addr", "add", "10.9.0.1/24", "dev", "wg0");
        _netns.Ip("link", "set", "wg0", "up");
        _netns.Invoke(() => _bind.Open(0, 0));
        using var batch = new PacketBatch();
        _io.Wait(0);
        SendInside("10.9.0.2", 9);
        SendInside("127.0.0.1", _bind.Port);
        Assert.Equal(0, _io.Tun.Read(batch));
        Assert.Equal(0, _io.Udp.Receive(batch));
        Assert.Equal(1, _io.Tun.Read(batch));
        Assert.Equal(1, _io.Udp.Receive(batch));
    }

    [RootTheory]
    [InlineData("127.0.0.1", "::1", 4)]
    [InlineData("::1", "127.0.0.1", 6)]
    public void A_wait_that_one_family_ended_leaves_out_the_other_once(string first, string second, int family)
    {
        _netns.Invoke(() => _bind.Open(0, 0));
        using var batch = new PacketBatch();
        SendInside(first, _bind.Port);
        Ends(() => _io.Wait(-1));
        SendInside(second, _bind.Port);
        Assert.Equal(1, _io.Udp.Receive(batch));
        Assert.Equal(family, batch[0].Endpoint.Family);
        Assert.Equal(1, _io.Udp.Receive(batch));
        Assert.NotEqual(family, batch[0].Endpoint.Family);
    }

    [RootFact]
    public void Closing_does_not_wait_for_a_lane_that_sleeps_and_frees_the_port_at_once()
    {
        var port = _netns.Invoke(() => _bind.Open(0, 0));
        var stop = false;
        var lane = Start(() =>
        {
            while (!Volatile.Read(ref stop))
                _io.Wait(-1);
        });
        for (var round = 0; round < 100; round++)
        {
            _bind.Close();
            Assert.Equal(port, _netns.Invoke(() => _bind.Open(port, 0)));
        }
        Volatile.Write(ref stop, true);
        _io.Wake();
        Assert.True(lane.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void A_tun_that_is_gone_does_not_make_the_lane_spin_nor_deaf()
    {
        _netns.Ip("link", "del", "wg0");
        var stop = false;
        var waits = 0;
        var lane = Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                _io.Wait(-1);
                Interlocked.Increment(ref waits);
            }
        });
        Thread.Sleep(1000);
        // Twenty or so when it rests; hundreds of thousands when it spins.
        Assert.InRange(Volatile.Read(ref waits), 1, 200);
        Volatile.Write(ref stop, true);
        _io.Wake();
        Assert.True(lane.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void An_interface_that_is_down_lets_the_lane_sleep()
    {
        _netns.Ip("link", "set", "wg0", "up");
        _netns.Ip("link", "set", "wg0", "down");
        var waiting = Start(() => _io.Wait(-1));
        Assert.False(waiting.Wait(TimeSpan.FromMilliseconds(300)));
        _io.Wake();
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
    }

    [RootFact]
    public void Disposing_the_device_ends_a_wait_on_it()
    {
        var waiting = Start(() => _io.Wait(-1));
        Assert.False(waiting.Wait(TimeSpan.FromMilliseconds(20)));
        Ends(_tun.Dispose);
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
        Eventually.True(() => _netns.TryRun("ip", "link", "show", "wg0").ExitCode != 0, "wg0 goes");
    }

    [RootFact]
    public void After_dispose_wake_and_wait_do_nothing()
    {
        _io.Dispose();
        _io.Wake();
        Ends(() => _io.Wait(-1));
    }

    [RootFact]
    public void Waiting_and_waking_allocate_nothing()
    {
        AllocationMeter.AssertNothingAllocated(() =>
        {
            _io.Wake();
            _io.Wait(-1);
            _io.Wait(0);
        });
    }

    private void SendInside(string address, int port) => _netns.Invoke(() =>
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var client = new UdpClient(target.AddressFamily);
        client.Send("hello"u8.ToArray(), target);
    });

    private static Task Start(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Ends(Action action) => Assert.True(Start(action).Wait(TimeSpan.FromSeconds(20)));
}
