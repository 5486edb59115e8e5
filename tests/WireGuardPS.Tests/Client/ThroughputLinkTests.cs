using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

/// <summary>Both ends of a measurement, over loopback.</summary>
public sealed class ThroughputLinkTests
{
    private static readonly TimeSpan s_briefly = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task What_one_end_sends_is_what_the_other_has_received()
    {
        using var pair = await Pair.CreateAsync();
        var serving = ThroughputLink.ServeAsync(pair.Server, CancellationToken.None);
        var sent = await ThroughputLink.SendAsync(pair.Client, s_briefly, CancellationToken.None);
        var (upwards, downwards) = await serving;

        Assert.Null(upwards);
        Assert.Equal(sent.Bytes, downwards!.Value.Bytes);
        Assert.True(sent.Bytes > 0 && sent.Rate > 0 && sent.Time >= s_briefly);
    }

    [Fact]
    public async Task And_the_other_way_round()
    {
        using var pair = await Pair.CreateAsync();
        var serving = ServeAndCloseAsync(pair);
        var received = await ThroughputLink.ReceiveAsync(pair.Client, s_briefly, CancellationToken.None);
        var (upwards, downwards) = await serving;

        Assert.Null(downwards);
        Assert.Equal(received.Bytes, upwards!.Value.Bytes);
        Assert.True(received.Bytes > 0 && received.Time >= s_briefly);
    }

    [Fact]
    public async Task Time_counts_from_when_the_other_end_begins_and_not_from_when_its_system_has_taken_the_connection()
    {
        using var pair = await Pair.CreateAsync();
        var wait = TimeSpan.FromMilliseconds(500);
        var started = Stopwatch.GetTimestamp();
        var sending = ThroughputLink.SendAsync(pair.Client, s_briefly, CancellationToken.None);
        await Task.Delay(wait);
        var waited = Stopwatch.GetElapsedTime(started);
        await ThroughputLink.ServeAsync(pair.Server, CancellationToken.None);

        Assert.True((await sending).Time <= Stopwatch.GetElapsedTime(started) - waited);
    }

    [Fact]
    public async Task An_end_that_is_busy_is_told()
    {
        using var pair = await Pair.CreateAsync();

        Assert.Contains("busy", (await Assert.ThrowsAsync<WgException>(() => ThroughputLink.ReceiveAsync(pair.Client, s_briefly, CancellationToken.None))).Message);
    }

    [Theory]
    [InlineData("GET / HT")]
    [InlineData("WGT1\u0002\0\0\u0001")]
    [InlineData("WGT1\0\0\u007f\u007f")]
    public async Task Whoever_asks_for_something_else_or_for_too_long_is_turned_away(string asked)
    {
        using var pair = await Pair.CreateAsync();
        await pair.Client.SendAsync(System.Text.Encoding.ASCII.GetBytes(asked));

        var refused = await Assert.ThrowsAsync<WgException>(() => ThroughputLink.ServeAsync(pair.Server, CancellationToken.None));
        Assert.Equal(ErrorIds.HostNetworkFailed, refused.ErrorId);
    }

    [Fact]
    public async Task An_end_that_breaks_off_is_told()
    {
        using var pair = await Pair.CreateAsync();
        pair.Client.Dispose();

        Assert.Equal(ErrorIds.HostNetworkFailed, (await Assert.ThrowsAsync<WgException>(() => ThroughputLink.ServeAsync(pair.Server, CancellationToken.None))).ErrorId);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        using var pair = await Pair.CreateAsync();
        using var stop = new CancellationTokenSource(s_briefly);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ThroughputLink.ServeAsync(pair.Server, stop.Token));
    }

    private static async Task<(ByteFlow? Sent, ByteFlow? Received)> ServeAndCloseAsync(Pair pair)
    {
        var served = await ThroughputLink.ServeAsync(pair.Server, CancellationToken.None);
        pair.Server.Dispose();
        return served;
    }

    private sealed class Pair(Socket client, Socket server) : IDisposable
    {
        public Socket Client => client;

        public Socket Server => server;

        public static async Task<Pair> CreateAsync()
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint!);
            return new Pair(client, await listener.AcceptAsync());
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }
    }
}
