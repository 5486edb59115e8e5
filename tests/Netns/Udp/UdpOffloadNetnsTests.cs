using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

/// <summary>Runs of datagrams over a veth, and over ways whose MTU is smaller than a datagram.</summary>
public sealed class UdpOffloadNetnsTests : IDisposable
{
    private const ushort Port = 51820;
    private const int SolUdp = 17;
    private const int UdpGro = 104;

    private readonly NetworkNamespace _clientHost = NetworkNamespace.Create();
    private readonly NetworkNamespace _serverHost = NetworkNamespace.Create();
    private readonly LinuxUdpBind _client = new(EngineLog.None);
    private readonly LinuxUdpBind _server = new(EngineLog.None);
    private readonly PacketBatch _batch = new();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _batch.Dispose();
        _clientHost.Dispose();
        _serverHost.Dispose();
    }

    [RootTheory]
    [InlineData("10.1.0.2")]
    [InlineData("fd01::2")]
    public void A_run_crosses_a_link_as_one(string address)
    {
        Connect(1500);
        _clientHost.Invoke(() => _client.Open(Port, 0));
        using var raw = Coalescing(address, out var rawPort);
        // The first packets wait for the neighbour to be found.
        Run(address, rawPort, 1, 100);
        Assert.Equal([100], ReceiveLengths(raw, 1));
        Run(address, rawPort, 30, 1452);
        Assert.Equal([30 * 1452], ReceiveLengths(raw, 1));
    }

    [RootTheory]
    [InlineData("10.1.0.2")]
    [InlineData("fd01::2")]
    public void Runs_longer_than_the_link_go_on_arriving_in_fragments(string address)
    {
        Connect(1280);
        Open();
        using var raw = Coalescing(address, out var rawPort);
        for (var round = 0; round < 3; round++)
        {
            Run(address, Port, 40, 1400);
            AssertReceived(40, 1400);
        }
        // What fits still goes as one.
        Run(address, rawPort, 40, 1000);
        Assert.Equal([40 * 1000], ReceiveLengths(raw, 1));
    }

    [RootTheory]
    [InlineData("10.2.0.2")]
    [InlineData("fd02::2")]
    public void Runs_longer_than_the_way_beyond_a_router_arrive(string address)
    {
        using var router = NetworkNamespace.Create();
        router.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        _clientHost.ConnectTo(router, "eth0", ["10.1.0.1/24", "fd01::1/64"], "left", ["10.1.0.2/24", "fd01::2/64"]);
        router.ConnectTo(_serverHost, "right", ["10.2.0.1/24", "fd02::1/64"], "eth0", ["10.2.0.2/24", "fd02::2/64"]);
        router.Ip("link", "set", "right", "mtu", "1280");
        _serverHost.Ip("link", "set", "eth0", "mtu", "1280");
        foreach (var (host, way) in new[] { (_clientHost, "1"), (_serverHost, "2") })
        {
            var via = way == "1" ? "2" : "1";
            host.Ip("route", "add", "default", "via", $"10.{way}.0.{via}");
            host.Ip("-6", "route", "add", "default", "via", $"fd0{way}::{via}");
        }
        Open();
        // In IPv6 the router's word on the MTU has to come back first, so the first run or two are lost to it.
        Eventually.True(() =>
        {
            Run(address, Port, 40, 1400);
            return Drain() >= 40;
        }, "runs arrive");
        Thread.Sleep(100);
        Drain();
        Run(address, Port, 40, 1400);
        AssertReceived(40, 1400);
    }

    private void Connect(int mtu)
    {
        _clientHost.ConnectTo(_serverHost, "eth0", ["10.1.0.1/24", "fd01::1/64"], "eth0", ["10.1.0.2/24", "fd01::2/64"]);
        _clientHost.Ip("link", "set", "eth0", "mtu", mtu.ToString());
        _serverHost.Ip("link", "set", "eth0", "mtu", mtu.ToString());
    }

    private void Open()
    {
        _clientHost.Invoke(() => _client.Open(Port, 0));
        _serverHost.Invoke(() => _server.Open(Port, 0));
    }

    /// <summary>Sends datagrams of one size, each beginning with its number.</summary>
    private void Run(string address, ushort port, int count, int length)
    {
        _batch.Count = 0;
        for (var i = 0; i < count; i++)
        {
            _batch.Add(UdpBatch.Endpoint(address, port), $"{i,4}");
            _batch[i].Length = length;
        }
        Assert.Equal(count, _client.Sockets[0].Send(_batch));
    }

    private void AssertReceived(int count, int length) => Assert.Equal(
        Enumerable.Range(0, count).Select(i => (i, length)),
        UdpBatch.Receive(_server.Sockets[0], count, (text, _) => (int.Parse(text.AsSpan(0, 4)), text.Length)));

    private int Drain()
    {
        using var batch = new PacketBatch();
        var all = 0;
        for (var quiet = 0; quiet < 20; quiet++)
        {
            var count = _server.Sockets[0].Receive(batch);
            all += count;
            if (count > 0)
                quiet = 0;
            else
                Thread.Sleep(5);
        }
        return all;
    }

    private Socket Coalescing(string address, out ushort port)
    {
        var any = IPAddress.Parse(address);
        var socket = _serverHost.Invoke(() =>
        {
            var made = new Socket(any.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000, ReceiveBufferSize = 1 << 20 };
            made.SetRawSocketOption(SolUdp, UdpGro, BitConverter.GetBytes(1));
            made.Bind(new IPEndPoint(any, 0));
            return made;
        });
        port = (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    private static List<int> ReceiveLengths(Socket socket, int count)
    {
        var buffer = new byte[65_536];
        return [.. Enumerable.Range(0, count).Select(_ => socket.Receive(buffer))];
    }
}
