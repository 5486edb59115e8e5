using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Interop;

/// <summary>What goes through a tunnel, and whether it arrived.</summary>
internal static class Traffic
{
    private const int TransferTimeout = 60_000;

    /// <summary>Echo requests every 2 ms, the first of them before there may be a session; each is answered once.</summary>
    public static void Ping(Host from, IPAddress to, int count)
    {
        using var probe = from.Namespace.Invoke(() => new EchoProbe(to));
        AssertAllAnswered(probe.Run(count, TimeSpan.FromMilliseconds(2)));
    }

    /// <param name="answers">How many answers came to each request.</param>
    public static void AssertAllAnswered(int[] answers)
    {
        var odd = answers.Index().Where(a => a.Item != 1).Select(a => $"{a.Item} answers to request {a.Index}");
        Assert.True(answers.All(a => a == 1), $"Of {answers.Length} requests: {string.Join(", ", odd)}.");
    }

    /// <summary>Both ways, IPv4 and IPv6; the first host begins.</summary>
    public static void PingBothWays(Host one, Host two, int count)
    {
        // No more of them wait for the session than any implementation keeps.
        Ping(one, two.InnerIPv4, 10);
        Ping(one, two.InnerIPv4, count);
        Ping(two, one.InnerIPv6, count);
        Ping(one, two.InnerIPv6, count);
        Ping(two, one.InnerIPv4, count);
    }

    /// <summary>Sends random bytes over TCP and compares what arrives.</summary>
    public static void Transfer(Host from, Host to, IPAddress address, int bytes) => Transfer(from.Namespace, to.Namespace, address, bytes);

    /// <inheritdoc cref="Transfer(Host, Host, IPAddress, int)"/>
    public static void Transfer(NetworkNamespace from, NetworkNamespace to, IPAddress address, int bytes)
    {
        using var listener = to.Invoke(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            socket.Listen(1);
            return socket;
        });
        using var sender = from.Invoke(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(listener.LocalEndPoint!);
            return socket;
        });
        using var receiver = listener.Accept();
        sender.SendTimeout = receiver.ReceiveTimeout = TransferTimeout;

        var sent = new byte[bytes];
        new Random(bytes).NextBytes(sent);
        var sending = Task.Run(() =>
        {
            for (var done = 0; done < sent.Length;)
                done += sender.Send(sent.AsSpan(done));
            sender.Shutdown(SocketShutdown.Send);
        });
        var received = new byte[bytes + 1];
        var length = 0;
        for (int read; (read = receiver.Receive(received.AsSpan(length))) > 0;)
            length += read;
        sending.GetAwaiter().GetResult();
        Assert.Equal(bytes, length);
        Assert.True(sent.AsSpan().SequenceEqual(received.AsSpan(0, length)), "The bytes that arrived are not those that were sent.");
    }
}
