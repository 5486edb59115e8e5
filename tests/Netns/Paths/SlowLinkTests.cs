using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>A link that carries less than is sent: what is too much is dropped, and what waits is little.</summary>
public sealed partial class SlowLinkTests : IDisposable
{
    /// <summary>Deeper than anything may wait before it, so that the link's own queue drops nothing.</summary>
    private const string Queue = "30m";

    private const int MostWaitMilliseconds = 2500;
    private const int MostGrowth = 24 << 20;

    private readonly TunnelPair _pair = TunnelPair.Start(oneKnowsTwo: true);

    [InteropTheory("tc")]
    [InlineData(true)]
    [InlineData(false)]
    public void Beside_an_upload_that_fills_it_answers_still_come_and_the_engine_keeps_its_size(bool isTcp)
    {
        Traffic.Ping(_pair.One, _pair.Two.InnerIPv4, 3);
        // Every page that a batch can use has been used.
        Traffic.Transfer(_pair.One, _pair.Two, _pair.Two.InnerIPv4, 8 << 20);
        _pair.One.Namespace.Run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "20mbit", "burst", "64k", "limit", Queue);
        var before = ResidentBytes();
        using var stop = new CancellationTokenSource();
        var upload = isTcp ? TcpUpload(stop.Token) : UdpFlood(stop.Token);
        // The queue takes its time to fill.
        Thread.Sleep(2000);
        var result = _pair.One.Namespace.TryRun("ping", "-n", "-i", "0.1", "-c", "50", "-W", "6", $"{_pair.Two.InnerIPv4}");
        var growth = ResidentBytes() - before;
        stop.Cancel();
        upload.GetAwaiter().GetResult();

        var times = Times().Matches(result.Output).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        // Of a flood of ten times what the link carries, some come through.
        Assert.NotEmpty(times);
        Assert.InRange(times.Max(), 0, MostWaitMilliseconds);
        Assert.InRange(growth, long.MinValue, MostGrowth);
        Assert.Contains("dropped 0", _pair.One.Namespace.Run("tc", "-s", "qdisc", "show", "dev", "eth0").Output);

        _pair.One.Namespace.Run("tc", "qdisc", "del", "dev", "eth0", "root");
        Traffic.Ping(_pair.One, _pair.Two.InnerIPv4, 10);
    }

    public void Dispose() => _pair.Dispose();

    private long ResidentBytes()
    {
        var kilobytes = Resident().Match(File.ReadAllText($"/proc/{_pair.TunnelOne.ProcessId}/status")).Groups[1].Value;
        return long.Parse(kilobytes, CultureInfo.InvariantCulture) << 10;
    }

    private Task UdpFlood(CancellationToken stop)
    {
        var socket = _pair.One.Namespace.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        return Run(() =>
        {
            using (socket)
            {
                var start = Stopwatch.GetTimestamp();
                var datagram = new byte[1372];
                for (long sent = 0; !stop.IsCancellationRequested;)
                {
                    // 200 Mbit/s.
                    if (sent > Stopwatch.GetElapsedTime(start).TotalSeconds * 25e6)
                        Thread.Sleep(1);
                    else
                        sent += socket.SendTo(datagram, new IPEndPoint(_pair.Two.InnerIPv4, 9));
                }
            }
        });
    }

    private Task TcpUpload(CancellationToken stop)
    {
        var listener = _pair.Two.Namespace.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(_pair.Two.InnerIPv4, 0));
        listener.Listen(1);
        var sender = _pair.One.Namespace.Invoke(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        sender.Connect(listener.LocalEndPoint!);
        var receiver = listener.Accept();
        // Loss-based control fills whatever queue there is.
        sender.SetRawSocketOption(6, 13, "reno"u8);
        sender.SendTimeout = 1000;
        var sink = Run(() =>
        {
            using (receiver)
            {
                var buffer = new byte[1 << 16];
                try
                {
                    while (receiver.Receive(buffer) > 0)
                    {
                    }
                }
                catch (SocketException)
                {
                    // The sender was cut off.
                }
            }
        });
        var source = Run(() =>
        {
            using (sender)
            {
                var bytes = new byte[1 << 16];
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        sender.Send(bytes);
                    }
                    catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
                    {
                        // The queue is full for longer than that.
                    }
                }

                // What waits is not waited for.
                sender.LingerState = new LingerOption(true, 0);
            }
        });
        listener.Dispose();
        return Task.WhenAll(sink, source);
    }

    private static Task Run(Action action) => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning);

    [GeneratedRegex(@"time=([\d.]+) ms")]
    private static partial Regex Times();

    [GeneratedRegex(@"VmRSS:\s+(\d+) kB")]
    private static partial Regex Resident();
}
