using System.Diagnostics;
using System.Globalization;
using System.Text;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.Control;

/// <summary>
/// Sixteen clients on real sockets read and change a device that carries packets the whole time. Each change is of a kind
/// that shows in a snapshot whether it was seen by halves.
/// </summary>
public sealed class UapiUnderTrafficTests : IAsyncLifetime
{
    private const int Clients = 16;
    private const int Rounds = 12;
    private const int PrefixesEach = 20;

    // Far less than a queue in memory holds: none is lost for want of room.
    private const int MaxUnderWay = 64;

    // A machine that stops for longer may make the device doubt its session by rights.
    private static readonly TimeSpan s_doubt = TimeSpan.FromSeconds(10);

    private readonly TestFolder _folder = new();
    private readonly ChannelNetwork _network = new();
    private readonly LiveDevice _a;
    private readonly LiveDevice _b;
    private readonly UapiServer _server;
    private readonly CancellationTokenSource _ending = new();
    private int _handshakes;

    public UapiUnderTrafficTests()
    {
        _a = new LiveDevice(_network, "wga", "192.0.2.1");
        _b = new LiveDevice(_network, "wgb", "192.0.2.2");
        _a.Device.EventRaised += happened =>
        {
            if (happened.Kind == DeviceEventKind.HandshakeCompleted)
                Interlocked.Increment(ref _handshakes);
        };
        _a.AddPeer(_b, "10.0.0.2/32");
        _b.AddPeer(_a, "10.0.0.1/32");
        _server = new UapiServer(_a.Device, new UapiServerOptions { Tunnel = "wga", Directory = _folder.Sockets });
        _server.Start();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _a.Dispose();
        _b.Dispose();
        _ending.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Sixteen_clients_see_whole_changes_only_and_no_packet_is_lost()
    {
        var watch = Stopwatch.StartNew();
        var traffic = Task.Run(CarryPackets);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(() => ReadAndChangeAsync(number))));
        await _ending.CancelAsync();
        var (sent, arrived) = await traffic;

        Assert.True(sent > 0);
        Assert.Equal(sent, arrived);
        if (watch.Elapsed < s_doubt)
            Assert.Equal(1, Volatile.Read(ref _handshakes));
    }

    private async Task ReadAndChangeAsync(int number)
    {
        using var client = new SocketClient(_server.SocketPath);
        var received = 0ul;
        for (var round = 1; round <= Rounds; round++)
        {
            Assert.Equal("errno=0\n\n", await client.AskAsync(Change(number, round)));
            received = Check(await client.AskAsync("get=1\n\n"), number, round, received);
        }
    }

    // Its own peer goes from one generation to the next as a whole, and a prefix that all want changes hands.
    private static string Change(int number, int round)
    {
        var text = new StringBuilder($"set=1\npublic_key={Keys.Hex(Keys.Numbered(number))}\npersistent_keepalive_interval={round}\nreplace_allowed_ips=true\n");
        for (var i = 0; i < PrefixesEach; i++)
            text.Append(CultureInfo.InvariantCulture, $"allowed_ip=10.{100 + number}.{round}.{i}/32\n");
        return text.Append("allowed_ip=10.99.0.0/16\n\n").ToString();
    }

    /// <summary>Gives the bytes received from B, which never become fewer.</summary>
    private ulong Check(string answer, int number, int round, ulong receivedBefore)
    {
        Assert.EndsWith("\nerrno=0\n\n", answer);
        var sections = answer.Split("public_key=");
        Assert.Contains($"private_key={Convert.ToHexStringLower(_a.Key.Span)}\nlisten_port=51820\n", sections[0]);
        Assert.Equal(1, answer.Split("allowed_ip=10.99.0.0/16\n").Length - 1);
        foreach (var section in sections[1..].Where(section => !section.StartsWith(Keys.Hex(_b.PublicKey), StringComparison.Ordinal)))
        {
            var generation = Value(section, "persistent_keepalive_interval");
            var prefixes = section.Split('\n').Where(line => line.StartsWith("allowed_ip=10.1", StringComparison.Ordinal)).ToList();
            Assert.Equal(PrefixesEach, prefixes.Count);
            Assert.All(prefixes, prefix => Assert.Equal($"{generation}", prefix.Split('.')[2]));
        }

        // What this client set itself stands: nobody else touches its peer.
        Assert.Equal((ulong)round, Value(SectionOf(sections, Keys.Hex(Keys.Numbered(number))), "persistent_keepalive_interval"));
        var other = SectionOf(sections, Keys.Hex(_b.PublicKey));
        Assert.Contains("allowed_ip=10.0.0.2/32\n", other);
        var received = Value(other, "rx_bytes");
        Assert.True(received >= receivedBefore, $"{received} bytes received after {receivedBefore}");
        return received;
    }

    private static string SectionOf(string[] sections, string key) => sections.Single(section => section.StartsWith(key, StringComparison.Ordinal));

    private static ulong Value(string section, string key) =>
        ulong.Parse(section.Split('\n').Single(line => line.StartsWith(key + "=", StringComparison.Ordinal))[(key.Length + 1)..], CultureInfo.InvariantCulture);

    private (int Sent, int Arrived) CarryPackets()
    {
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", 500);
        var (sent, arrived) = (0, 0);
        // The first alone: no more wait for a session than a peer keeps.
        Send();
        Assert.True(SpinWait.SpinUntil(() => Take() > 0, TimeSpan.FromSeconds(30)), "no session");
        while (!_ending.IsCancellationRequested)
        {
            if (sent - arrived < MaxUnderWay)
                Send();
            else
                Thread.Sleep(1);
            Take();
        }

        SpinWait.SpinUntil(() => Take() >= 0 && arrived == sent, TimeSpan.FromSeconds(30));
        return (sent, arrived);

        void Send()
        {
            _a.Tun.Inject(packet);
            sent++;
        }

        int Take()
        {
            while (_b.Tun.TakeOrNull() is { } came)
            {
                Assert.Equal(packet, came);
                arrived++;
            }

            return arrived;
        }
    }
}
