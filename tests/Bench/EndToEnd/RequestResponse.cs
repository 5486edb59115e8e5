using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Bench.EndToEnd;

/// <summary>One small datagram there and back at a time, as fast as the answers come.</summary>
internal static class RequestResponse
{
    private const int Size = 64;
    private const int WarmUp = 500;
    private const int Port = 7007;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    /// <summary>Median of the round trips in microseconds.</summary>
    public static double Measure(LoadedTunnel tunnel, TimeSpan time)
    {
        using var server = tunnel.Two.Namespace.Invoke(() => Open(Port));
        using var client = tunnel.One.Namespace.Invoke(() => Open(0));
        client.Connect(IPAddress.Parse(tunnel.Target), Port);
        client.ReceiveTimeout = (int)s_limit.TotalMilliseconds;
        var answering = new Thread(() => Answer(server)) { IsBackground = true };
        answering.Start();
        var trips = new List<double>(100_000);
        var (request, answer) = (new byte[Size], new byte[Size]);
        var start = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < WarmUp || Stopwatch.GetElapsedTime(start) < time; turn++)
        {
            if (turn == WarmUp)
                start = Stopwatch.GetTimestamp();
            var sent = Stopwatch.GetTimestamp();
            client.Send(request);
            if (TryReceive(client, answer) && turn >= WarmUp)
                trips.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
        }

        server.Dispose();
        answering.Join();
        return Sample.Of(trips).Median;
    }

    private static Socket Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        return socket;
    }

    private static bool TryReceive(Socket socket, byte[] buffer)
    {
        try
        {
            return socket.Receive(buffer) > 0;
        }
        catch (SocketException lost) when (lost.SocketErrorCode == SocketError.TimedOut)
        {
            return false;
        }
    }

    private static void Answer(Socket server)
    {
        var buffer = new byte[Size];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        try
        {
            while (true)
            {
                var length = server.ReceiveFrom(buffer, SocketFlags.None, from);
                server.SendTo(buffer.AsSpan(0, length), SocketFlags.None, from);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }
}
