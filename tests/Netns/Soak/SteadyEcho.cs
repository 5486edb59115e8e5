using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Soak;

/// <summary>
/// Numbered datagrams from one host to another through their tunnel, fifty a second until disposed of, and the same back.
/// Whatever the network says about them meanwhile, it goes on.
/// </summary>
internal sealed class SteadyEcho : IDisposable
{
    private const int Size = 200;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    private readonly Socket _client;
    private readonly Socket _server;
    private readonly IPEndPoint _to;
    private readonly Thread _asking;
    private readonly Thread _answering;
    private volatile bool _isOver;
    private long _sent;
    private long _answered;
    private long _newest = -1;

    internal SteadyEcho(Interop.Host from, Interop.Host to)
    {
        _server = to.Namespace.Invoke(Open);
        _client = from.Namespace.Invoke(Open);
        _to = new IPEndPoint(to.InnerIPv4, ((IPEndPoint)_server.LocalEndPoint!).Port);
        _asking = new Thread(Ask) { IsBackground = true, Name = $"asking {_to}" };
        _answering = new Thread(Answer) { IsBackground = true, Name = $"answering {_to}" };
        _answering.Start();
        _asking.Start();
    }

    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>Requests that were answered.</summary>
    internal long Answered => Volatile.Read(ref _answered);

    /// <summary>Waits for the answer to a request that is yet to be sent; how long it took, or null when none came in time.</summary>
    internal TimeSpan? AwaitFresh(TimeSpan limit)
    {
        var first = Sent;
        var start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _newest) < first)
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
                return null;
            Thread.Sleep(5);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    public void Dispose()
    {
        _isOver = true;
        _asking.Join();
        _answering.Join();
        _client.Dispose();
        _server.Dispose();
    }

    private static Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return socket;
    }

    private void Ask()
    {
        var request = new byte[Size];
        var answer = new byte[Size];
        var start = Stopwatch.GetTimestamp();
        for (long turn = 1; !_isOver; turn++)
        {
            BitConverter.TryWriteBytes(request, Sent);
            Try(() => _client.SendTo(request, _to));
            Interlocked.Increment(ref _sent);
            do
            {
                if (_client.Poll(TimeSpan.FromMilliseconds(2), SelectMode.SelectRead) && Try(() => _client.Receive(answer)))
                    Count(BitConverter.ToInt64(answer));
            }
            while (!_isOver && Stopwatch.GetElapsedTime(start) < s_interval * turn);
        }
    }

    private void Count(long number)
    {
        Interlocked.Increment(ref _answered);
        Volatile.Write(ref _newest, Math.Max(_newest, number));
    }

    private void Answer()
    {
        var buffer = new byte[Size];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (!_isOver)
        {
            if (_server.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead) && Try(() => _server.ReceiveFrom(buffer, ref from)))
                Try(() => _server.SendTo(buffer, from));
        }
    }

    // Interfaces go down and routes away: that is what this is for.
    private static bool Try(Func<int> call)
    {
        try
        {
            return call() == Size;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
