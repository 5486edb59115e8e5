using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

/// <summary>One port, and sockets of several lanes on it.</summary>
public sealed class SharedPortNetnsTests : IDisposable
{
    private const ushort Port = 51820;
    private const int Lanes = 4;
    private const int SoReusePort = 15;

    private readonly NetworkNamespace _netns = NetworkNamespace.Create();
    private readonly LinuxUdpBind _bind = new(EngineLog.None, lanes: Lanes);
    private readonly PacketBatch _batch = new();

    public void Dispose()
    {
        _bind.Dispose();
        _batch.Dispose();
        _netns.Dispose();
    }

    [RootTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Each_remote_port_has_one_of_them_and_keeps_its_order(string address)
    {
        const int Remotes = 64;
        const int Each = 20;
        Assert.Equal(Port, _netns.Invoke(() => _bind.Open(Port, 0)));
        var remotes = Enumerable.Range(0, Remotes).Select(_ => _netns.Invoke(() => Remote(address))).ToList();
        for (var number = 0; number < Each; number++)
            foreach (var remote in remotes)
                remote.Send(BitConverter.GetBytes(number));
        List<(int Lane, int Remote, int Number)> arrived = [];
        Eventually.True(
            () =>
            {
                for (var lane = 0; lane < Lanes; lane++)
                {
                    while (_bind.Sockets[lane].Receive(_batch) > 0)
                        for (var i = 0; i < _batch.Count; i++)
                            arrived.Add((lane, _batch[i].Endpoint.Port, BitConverter.ToInt32(_batch[i].Span)));
                }

                return arrived.Count >= Remotes * Each;
            },
            "all datagrams come");
        Assert.Equal(Lanes, arrived.Select(a => a.Lane).Distinct().Count());
        foreach (var remote in arrived.GroupBy(a => a.Remote))
        {
            Assert.Single(remote.Select(a => a.Lane).Distinct());
            Assert.Equal(Enumerable.Range(0, Each), remote.Select(a => a.Number));
        }

        // Whichever sends, it is the tunnel's port that it comes from.
        foreach (var socket in _bind.Sockets)
        {
            Aim(UdpEndpoint.From((IPEndPoint)remotes[0].LocalEndPoint!));
            Assert.Equal(1, socket.Send(_batch));
            var buffer = new byte[100];
            Assert.Equal(1, remotes[0].Receive(buffer));
        }

        remotes.ForEach(r => r.Dispose());
    }

    [RootTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_port_that_somebody_else_has_is_refused_even_if_they_would_share_it(bool isIPv6)
    {
        using var other = _netns.Invoke(() =>
        {
            var socket = new Socket(isIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetRawSocketOption(1, SoReusePort, BitConverter.GetBytes(1));
            if (isIPv6)
                socket.DualMode = false;
            socket.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port));
            return socket;
        });
        var refused = Assert.Throws<SocketException>(() => _netns.Invoke(() => _bind.Open(Port, 0)));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.Equal(0, _bind.Port);
        other.Dispose();
        Assert.Equal(Port, _netns.Invoke(() => _bind.Open(Port, 0)));
    }

    [RootFact]
    public void Rebinding_closing_and_opening_again_take_all_of_them_along()
    {
        Assert.Equal(Port, _netns.Invoke(() => _bind.Open(Port, 0)));
        AssertSockets(Port, Lanes);
        var other = _netns.Invoke(() => _bind.Open(0, 0));
        AssertSockets(Port, 0);
        AssertSockets(other, Lanes);
        _bind.Close();
        AssertSockets(other, 0);
        Assert.Equal(other, _netns.Invoke(() => _bind.Open(other, 0)));
        AssertSockets(other, Lanes);
    }

    // As many in each family; the first lines of ss are heads.
    private void AssertSockets(int port, int each)
    {
        foreach (var family in new[] { "-4", "-6" })
        {
            var lines = _netns.Run("ss", "-H", "-u", "-a", "-n", family, "sport", "=", $":{port}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(each, lines.Length);
        }
    }

    private static Socket Remote(string address)
    {
        var to = IPAddress.Parse(address);
        var socket = new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        socket.Connect(to, Port);
        return socket;
    }

    private unsafe void Aim(UdpEndpoint to)
    {
        ref var slot = ref _batch[0];
        slot.Data = _batch.ReadPosition(0);
        slot.Length = 1;
        slot.Endpoint = to;
        _batch.Count = 1;
    }
}
