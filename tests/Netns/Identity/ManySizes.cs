using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Identity;

/// <summary>Traffic of every shape that the kernel makes super-packets of, and some that it does not.</summary>
internal static class ManySizes
{
    private const int Timeout = 20_000;
    private const int SolSocket = 1;
    private const int NoChecksum = 11;
    private const int SolUdp = 17;
    private const int UdpSegment = 103;

    /// <summary>Small writes at once, then a lot; answered by as much again.</summary>
    public static void Tcp(NetworkNamespace client, NetworkNamespace server, IPAddress address)
    {
        using var listener = server.Invoke(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(1);
        using var one = client.Invoke(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        one.Connect(listener.LocalEndPoint!);
        using var other = listener.Accept();
        foreach (var socket in new[] { one, other })
        {
            socket.NoDelay = true;
            socket.SendTimeout = socket.ReceiveTimeout = Timeout;
        }

        Exchange(one, other);
        Exchange(other, one);
        one.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, other.Receive(new byte[1]));
    }

    /// <summary>Datagrams one by one, in bursts, sent as one and cut by the kernel, without a checksum, and in fragments.</summary>
    public static void Udp(NetworkNamespace client, NetworkNamespace server, IPAddress address)
    {
        using var receiver = server.Invoke(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        receiver.ReceiveTimeout = Timeout;
        receiver.ReceiveBufferSize = 1 << 20;
        receiver.Bind(new IPEndPoint(address, 0));
        using var connected = client.Invoke(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        connected.Connect(receiver.LocalEndPoint!);
        using var loose = client.Invoke(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));

        foreach (var length in new[] { 0, 1, 2, 3, 7, 8, 64, 1371, 1372, 1392, 3000, 1, 1200, 1200, 1201, 1200 })
            Send(length, length, (bytes) => connected.Send(bytes));
        for (var i = 0; i < 30; i++)
            connected.Send(Random(i, 600));
        AwaitAll(receiver, 30, 600);
        // Neither connected nor to be cut further, all have the same identification.
        if (address.AddressFamily == AddressFamily.InterNetwork)
            loose.DontFragment = true;
        for (var i = 0; i < 30; i++)
            loose.SendTo(Random(i, 601), receiver.LocalEndPoint!);
        AwaitAll(receiver, 30, 601);
        foreach (var segment in new[] { 1200, 101, 1 })
        {
            connected.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(segment));
            Send((segment * 40) + (segment / 2), segment, (bytes) => connected.Send(bytes));
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            loose.SetRawSocketOption(SolSocket, NoChecksum, BitConverter.GetBytes(1));
            for (var i = 0; i < 10; i++)
                loose.SendTo(Random(i, 900), receiver.LocalEndPoint!);
            AwaitAll(receiver, 10, 900);
        }

        void Send(int length, int segment, Action<byte[]> send)
        {
            var bytes = Random(length, length);
            send(bytes);
            var buffer = new byte[4000];
            var expected = length == 0 ? [bytes] : bytes.Chunk(segment);
            foreach (var datagram in expected)
                Assert.Equal(datagram, buffer[..receiver.Receive(buffer)]);
        }
    }

    private static void Exchange(Socket from, Socket to)
    {
        int[] sizes = [1, 2, 3, 100, 1367, 1368, 1369, 1347, 1348, 1349, 1, 5000, 10_001, 300_000];
        var sent = Random(17, sizes.Sum());
        var sending = Task.Factory.StartNew(
            () =>
            {
                var at = 0;
                foreach (var size in sizes)
                {
                    for (var end = at + size; at < end;)
                        at += from.Send(sent.AsSpan(at, end - at));
                }
            },
            TaskCreationOptions.LongRunning);
        var received = new byte[sent.Length];
        for (var count = 0; count < received.Length;)
            count += to.Receive(received.AsSpan(count)) is > 0 and var more ? more : throw new InvalidOperationException("The stream ended early.");
        sending.GetAwaiter().GetResult();
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    private static void AwaitAll(Socket receiver, int count, int length)
    {
        var buffer = new byte[4000];
        for (var i = 0; i < count; i++)
            Assert.Equal(Random(i, length), buffer[..receiver.Receive(buffer)]);
    }

    private static byte[] Random(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
