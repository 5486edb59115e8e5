using System.Net;
using System.Text;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

public sealed class UapiServerTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly FakeDeviceControl _device = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly List<UapiServer> _servers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_and_set_work_any_number_of_times_on_one_connection()
    {
        using var client = Connect(Start());
        Assert.Equal("errno=0\n\n", await client.AskAsync("get=1\n\n"));
        Assert.Equal("errno=0\n\n", await client.AskAsync("set=1\nlisten_port=1234\nfwmark=7\n\n"));
        Assert.Equal("listen_port=1234\nfwmark=7\nerrno=0\n\n", await client.AskAsync("get=1\n\n"));
        Assert.Equal("errno=-22\n\n", await client.AskAsync("set=1\nlisten_port=x\n\n"));
        Assert.Equal("listen_port=1234\nfwmark=7\nerrno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_order()
    {
        using var client = Connect(Start());
        await client.SendAsync("set=1\nlisten_port=9\n\nget=1\n\nset=1\nfoo=1\n\nget=1\n\n");
        Assert.Equal("errno=0\n\n", await client.ReadAnswerAsync());
        Assert.Equal("listen_port=9\nerrno=0\n\n", await client.ReadAnswerAsync());
        Assert.Equal("errno=-22\n\n", await client.ReadAnswerAsync());
        Assert.Equal("listen_port=9\nerrno=0\n\n", await client.ReadAnswerAsync());
    }

    [Fact]
    public async Task A_request_may_come_byte_by_byte()
    {
        using var client = Connect(Start());
        foreach (var letter in "set=1\nlisten_port=77\n\n")
            await client.SendAsync(letter.ToString());
        Assert.Equal("errno=0\n\n", await client.ReadAnswerAsync());
        Assert.Equal("listen_port=77\nerrno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task A_bad_last_line_applies_nothing()
    {
        using var client = Connect(Start());
        var request = new StringBuilder("set=1\nlisten_port=5\nreplace_peers=true\n");
        for (var i = 0; i < 50; i++)
            request.Append($"public_key={Keys.Hex(Keys.Numbered(i))}\nallowed_ip=10.0.{i}.0/24\n");
        Assert.Equal("errno=-22\n\n", await client.AskAsync(request + "persistent_keepalive_interval=65536\n\n"));
        Assert.Equal(0, _device.Applied);
        Assert.Equal("errno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Half_a_request_applies_nothing()
    {
        var server = Start();
        using var client = Connect(server);
        await client.SendAsync("set=1\nlisten_port=5\n");
        client.CloseSending();
        Assert.Equal("errno=-71\n\n", await client.ReadAnswerAsync());
        Assert.Null(await client.ReadLineAsync());
        Assert.Equal(0, _device.Applied);
    }

    [Theory]
    [InlineData(DeviceChangeError.InvalidValue, -22)]
    [InlineData(DeviceChangeError.AddressInUse, -98)]
    [InlineData(DeviceChangeError.AccessDenied, -13)]
    [InlineData(DeviceChangeError.SocketFailed, -5)]
    public async Task What_the_device_refuses_has_its_errno(DeviceChangeError error, int errno)
    {
        using var client = Connect(Start());
        _device.NextFailure = new DeviceChangeException(error, "refused");
        Assert.Equal($"errno={errno}\n\n", await client.AskAsync("set=1\nlisten_port=1\n\n"));
    }

    [Fact]
    public async Task A_fault_inside_is_an_input_output_error_and_the_server_goes_on()
    {
        using var client = Connect(Start());
        _device.NextFailure = new InvalidOperationException("broken");
        Assert.Equal("errno=-5\n\n", await client.AskAsync("set=1\nlisten_port=1\n\n"));
        Assert.Equal("errno=0\n\n", await client.AskAsync("set=1\nlisten_port=1\n\n"));
    }

    [Fact]
    public async Task Allowed_ips_move_and_go_as_the_lines_say()
    {
        using var client = Connect(Start());
        var (first, second) = (Keys.Hex(Keys.Numbered(1)), Keys.Hex(Keys.Numbered(2)));
        await client.AskAsync($"set=1\npublic_key={first}\nallowed_ip=10.0.0.7/24\nallowed_ip=10.1.0.0/24\npublic_key={second}\nallowed_ip=10.0.0.0/24\nallowed_ip=-10.1.0.0/24\n\n");
        using (var snapshot = _device.Snapshot())
        {
            Assert.Equal(["10.1.0.0/24"], snapshot.Peers[0].AllowedIPs.Select(p => p.ToString()));
            Assert.Equal(["10.0.0.0/24"], snapshot.Peers[1].AllowedIPs.Select(p => p.ToString()));
        }

        await client.AskAsync($"set=1\npublic_key={second}\nreplace_allowed_ips=true\npublic_key={first}\nremove=true\n\n");
        using var after = _device.Snapshot();
        Assert.Empty(Assert.Single(after.Peers).AllowedIPs);
    }

    [Fact]
    public async Task A_hundred_and_thirty_thousand_allowed_ips_go_in_and_come_back()
    {
        const int Count = 130_560;
        using var client = Connect(Start());
        var request = new StringBuilder($"set=1\npublic_key={Keys.Hex(Keys.Numbered(1))}\nreplace_allowed_ips=true\n");
        for (var i = 0; i < Count; i++)
            request.Append($"allowed_ip=10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32\n");
        Assert.Equal("errno=0\n\n", await client.AskAsync(request.Append('\n').ToString()));
        var lines = (await client.AskAsync("get=1\n\n")).Split('\n');
        Assert.Equal(Count, lines.Count(line => line.StartsWith("allowed_ip=", StringComparison.Ordinal)));
        Assert.Equal("errno=0", lines[^3]);
    }

    [Fact]
    public async Task Sixteen_clients_at_once_are_each_served()
    {
        var server = Start();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(number => Task.Run(async () =>
        {
            using var client = Connect(server);
            var key = Keys.Hex(Keys.Numbered(number));
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal("errno=0\n\n", await client.AskAsync($"set=1\npublic_key={key}\nreplace_allowed_ips=true\nallowed_ip=10.{number}.{i}.0/24\n\n"));
                Assert.Contains($"allowed_ip=10.{number}.{i}.0/24\n", await client.AskAsync("get=1\n\n"));
            }
        })));
        using var snapshot = _device.Snapshot();
        Assert.Equal(16, snapshot.Peers.Count);
        Assert.Equal(16 * 50, _device.Applied);
    }

    [Fact]
    public async Task A_client_that_stalls_in_a_request_is_cut_off_and_holds_nobody_up()
    {
        var server = Start();
        using var hung = Connect(server);
        await hung.SendAsync("set=1\nlisten_port=1");
        using var other = Connect(server);
        Assert.Equal("errno=0\n\n", await other.AskAsync("get=1\n\n"));

        // The watch over the socket file and the stalled request's deadline.
        await Wait.UntilAsync(() => _clock.ArmedTimers == 2);
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Null(await hung.ReadLineAsync());
        Assert.Equal("errno=0\n\n", await other.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_is_cut_off_and_holds_nobody_up()
    {
        using (var change = new DeviceChange { Peers = [ManyAllowedIPs(20_000)] })
            _device.Apply(change);
        var server = Start();
        using var deaf = Connect(server);
        await deaf.SendAsync("get=1\n\n");
        using var other = Connect(server);
        Assert.EndsWith("errno=0\n\n", await other.AskAsync("get=1\n\n"));

        await Wait.UntilAsync(() => _clock.ArmedTimers == 2);
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Wait.UntilAsync(() => server.ConnectionCount == 1);
        Assert.DoesNotContain("errno", await deaf.ReadAnswerAsync());
    }

    [Fact]
    public async Task An_idle_client_may_stay_until_its_place_is_needed()
    {
        var server = Start(new SocketServerLimits { MaxConnections = 2 });
        _clock.Advance(TimeSpan.FromHours(1));
        using var first = Connect(server);
        await first.AskAsync("get=1\n\n");
        await PassAnHourAsync(clients: 1);
        using var second = Connect(server);
        await second.AskAsync("get=1\n\n");
        await PassAnHourAsync(clients: 2);
        Assert.Equal("errno=0\n\n", await first.AskAsync("get=1\n\n"));
        await PassAnHourAsync(clients: 2);

        // The second was heard of least recently.
        using var third = Connect(server);
        Assert.Equal("errno=0\n\n", await third.AskAsync("get=1\n\n"));
        Assert.Null(await second.ReadLineAsync());
        Assert.Equal("errno=0\n\n", await first.AskAsync("get=1\n\n"));

        // A client may have its answer before the server's deadline for it is called off.
        async Task PassAnHourAsync(int clients)
        {
            await Wait.UntilAsync(() => server.IdleConnectionCount == clients);
            _clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public async Task An_endless_line_ends_the_connection()
    {
        using var client = Connect(Start());
        await client.SendAsync("set=1\npublic_key=" + new string('a', 100_000));
        Assert.Equal("errno=-71\n\n", await client.ReadAnswerAsync());
        Assert.Null(await client.ReadLineAsync());
    }

    [Fact]
    public async Task An_endless_request_ends_the_connection()
    {
        var server = Add(new UapiServer(_device, Options() with { MaxRequestBytes = 10_000 }));
        using var client = Connect(server);
        await client.SendAsync("set=1\n" + string.Concat(Enumerable.Repeat("listen_port=1\n", 1000)));
        Assert.Equal("errno=-71\n\n", await client.ReadAnswerAsync());
        Assert.Null(await client.ReadLineAsync());
        Assert.Equal(0, _device.Applied);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Rubbish_changes_nothing_and_harms_nobody(int seed)
    {
        var random = new Random(seed);
        var server = Start();
        using var witness = Connect(server);
        for (var i = 0; i < 40; i++)
        {
            using var client = Connect(server);
            var rubbish = new byte[random.Next(1, 20_000)];
            random.NextBytes(rubbish);
            if (i % 2 == 0)
                "set=1\npublic_key="u8[..Math.Min(17, rubbish.Length)].CopyTo(rubbish);
            await client.SendAsync(rubbish);
            client.CloseSending();
            while (await client.ReadLineAsync() is { } line)
                Assert.Matches("^(errno=-(22|71))?$", line);
            Assert.Equal("errno=0\n\n", await witness.AskAsync("get=1\n\n"));
        }

        Assert.Equal(0, _device.Applied);
    }

    [Fact]
    public async Task A_good_request_with_one_byte_changed_is_taken_whole_or_refused_whole()
    {
        var random = new Random(4);
        var good = Encoding.ASCII.GetBytes($"set=1\nlisten_port=51820\nfwmark=3\npublic_key={Keys.Hex(Keys.Numbered(1))}\nendpoint=192.0.2.1:5\nallowed_ip=10.0.0.0/8\n\n");
        var server = Start();
        for (var i = 0; i < 300; i++)
        {
            var before = _device.Applied;
            var bytes = (byte[])good.Clone();
            bytes[random.Next(bytes.Length - 2)] = (byte)random.Next(256);
            using var client = Connect(server);
            await client.SendAsync(bytes);
            client.CloseSending();
            var answers = new List<string>();
            while (await client.ReadLineAsync() is { } line)
                answers.Add(line);
            Assert.Equal(answers.Count(line => line == "errno=0"), _device.Applied - before);
        }

        using var witness = Connect(server);
        Assert.EndsWith("errno=0\n\n", await witness.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Dispose_breaks_clients_off_and_removes_the_file()
    {
        var server = Start();
        using var client = Connect(server);
        await client.AskAsync("get=1\n\n");
        await server.DisposeAsync();
        Assert.Null(await client.ReadLineAsync());
        Assert.False(File.Exists(server.SocketPath));
        Assert.Equal(0, server.ConnectionCount);
    }

    private static PeerChange ManyAllowedIPs(int count) => new()
    {
        PublicKey = Keys.Numbered(1),
        AllowedIPs = Enumerable.Range(0, count).Select(i => new AllowedIPChange(new IPNetwork(new IPAddress([10, 1, (byte)(i >> 8), (byte)i]), 32))).ToArray(),
    };

    private static SocketClient Connect(UapiServer server) => new(server.SocketPath);

    private UapiServerOptions Options() => new() { Tunnel = "wg0", Directory = _folder.Sockets, Time = _clock };

    private UapiServer Start(SocketServerLimits? limits = null) => Add(new UapiServer(_device, Options() with { Limits = limits ?? new SocketServerLimits() }));

    private UapiServer Add(UapiServer server)
    {
        _servers.Add(server);
        server.Start();
        return server;
    }
}
