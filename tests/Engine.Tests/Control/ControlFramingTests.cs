using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Control;

namespace WireGuard.Tests.Control;

/// <summary>JSON-RPC 2.0 as a protocol: greeting, framing, ids, errors, and clients that misbehave.</summary>
public sealed class ControlFramingTests
{
    [Fact]
    public async Task The_greeting_comes_first_and_by_itself()
    {
        await using var fixture = new ControlFixture();
        using var client = fixture.ConnectRaw();
        var greeting = await client.ReadJsonAsync();
        Assert.Equal("greeting", greeting.GetProperty("method").GetString());
        var content = greeting.GetProperty("params");
        Assert.Equal(ControlProtocol.Version, content.GetProperty("protocol").GetInt32());
        Assert.Equal("wg0", content.GetProperty("tunnel").GetString());
        Assert.Equal(Environment.ProcessId, content.GetProperty("processId").GetInt32());
        Assert.Matches(@"^\d+\.\d+\.\d+$", content.GetProperty("engineVersion").GetString());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("1.50")]
    [InlineData("1e3")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0062\\\"c\"")]
    [InlineData("\"\u00e9\"")]
    public async Task Ids_come_back_as_they_were_sent(string id)
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"events.subscribe"}""" + "\n");
        Assert.Equal($$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{}}""", await client.ReadLineAsync());
        await client.SendAsync($$"""{"method":"nope","params":{},"id":{{id}},"jsonrpc":"2.0"}""" + "\n");
        Assert.StartsWith($$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32601,""", await client.ReadLineAsync());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("nonsense")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine.status\"} x")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine.status\",}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}")]
    [InlineData("[1,")]
    [InlineData("'a'")]
    [InlineData("\0")]
    public async Task What_is_no_json_is_a_parse_error_and_the_connection_lives(string line)
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync(line + "\n");
        Assert.StartsWith("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,", await client.ReadLineAsync());
        Assert.Equal("wg0", (await client.CallAsync("engine.status")).Result<EngineStatus>().Tunnel);
    }

    [Theory]
    [InlineData("1", "null")]
    [InlineData("\"text\"", "null")]
    [InlineData("null", "null")]
    [InlineData("[]", "null")]
    [InlineData("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine.status\"}]", "null")]
    [InlineData("{}", "null")]
    [InlineData("{\"id\":7}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7}", "7")]
    [InlineData("{\"id\":7,\"method\":\"engine.status\"}", "7")]
    [InlineData("{\"jsonrpc\":2.0,\"id\":7,\"method\":\"engine.status\"}", "7")]
    [InlineData("{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"engine.status\"}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":5}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":{\"a\":[]}}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"engine.status\",\"params\":5}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"engine.status\"}", "null")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"engine.status\"}", "null")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"engine.status\"}", "null")]
    public async Task What_is_no_request_is_an_invalid_request(string line, string id)
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync(line + "\n");
        Assert.StartsWith($$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32600,""", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_a_parse_error()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync(new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'\n' });
        (await client.ReadJsonAsync()).AssertError(ControlErrorCode.ParseError);
    }

    [Fact]
    public async Task Unknown_methods_and_names_in_other_letters_are_not_found()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        foreach (var method in new[] { "tunnel.gett", "Tunnel.Get", "", "rpc.discover", "greeting", "event" })
            (await client.CallAsync(method)).AssertError(ControlErrorCode.MethodNotFound);
    }

    [Fact]
    public async Task Notifications_get_no_answer_not_even_for_errors_but_are_carried_out()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync("{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}\n");
        await client.SendAsync($$$"""{"jsonrpc":"2.0","method":"peer.add","params":{"publicKey":"{{{Keys.Numbered(1)}}}"}}""" + "\n");
        var status = await client.CallAsync("engine.status");
        Assert.Equal(1, status.Result<EngineStatus>().PeerCount);
    }

    [Fact]
    public async Task Empty_lines_and_carriage_returns_are_passed_over()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync("\n\r\n  \n{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"events.subscribe\"}\r\n");
        Assert.Equal("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_order()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 500).Select(i => $$"""{"jsonrpc":"2.0","id":{{i}},"method":"x"}""" + "\n")));
        for (var i = 0; i < 500; i++)
            Assert.Equal(i, (await client.ReadJsonAsync()).GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task A_line_over_the_limit_is_answered_and_ends_the_connection()
    {
        await using var fixture = new ControlFixture(options => options with { MaxLineBytes = 5000 });
        using var fits = await fixture.ConnectAsync();
        var padding = new string(' ', 4900);
        (await fits.CallAsync("nope", "{" + padding + "}")).AssertError(ControlErrorCode.MethodNotFound);

        using var client = await fixture.ConnectAsync();
        await client.SendAsync(new string('x', 5001));
        (await client.ReadJsonAsync()).AssertError(ControlErrorCode.InvalidRequest);
        Assert.Null(await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_long_line_in_many_pieces_is_read_whole()
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        var prefixes = string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"\"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32\""));
        var peer = (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","allowedIPs":[{{prefixes}}]}""")).Result<PeerInfo>();
        Assert.Equal(60_000, peer.AllowedIPs.Count);
        Assert.Equal("10.0.234.95/32", peer.AllowedIPs[^1]);
    }

    [Fact]
    public async Task Half_a_line_does_nothing_and_a_stalled_one_is_cut_off()
    {
        await using var fixture = new ControlFixture();
        using var half = await fixture.ConnectAsync();
        await half.SendAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tunnel.stop\"}");
        half.CloseSending();
        Assert.Null(await half.ReadLineAsync());
        Assert.Equal(0, fixture.Context.StopRequests);

        using var stalled = await fixture.ConnectAsync();
        await stalled.SendAsync("{\"jsonrpc\"");
        await Wait.UntilAsync(() => fixture.Clock.ArmedTimers == 2);
        fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Null(await stalled.ReadLineAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Rubbish_harms_nobody(int seed)
    {
        var random = new Random(seed);
        await using var fixture = new ControlFixture();
        using var witness = await fixture.ConnectAsync();
        var good = Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":1,"method":"peer.add","params":{"publicKey":"{{{Keys.Numbered(1)}}}","allowedIPs":["10.0.0.0/8"]}}""" + "\n");
        for (var i = 0; i < 60; i++)
        {
            using var client = await fixture.ConnectAsync();
            var bytes = i % 3 == 0 ? (byte[])good.Clone() : new byte[random.Next(1, 20_000)];
            if (i % 3 == 0)
                bytes[random.Next(bytes.Length - 1)] = (byte)random.Next(256);
            else
                random.NextBytes(bytes);
            await client.SendAsync(bytes);
            client.CloseSending();
            while (await client.ReadLineAsync() is { } line)
                Assert.StartsWith("{\"jsonrpc\":\"2.0\",\"id\":", line);
            Assert.Equal("wg0", (await witness.CallAsync("engine.status")).Result<EngineStatus>().Tunnel);
        }

        Assert.DoesNotContain("Error", string.Join('\n', fixture.Log.Lines));
    }

    [Fact]
    public async Task Sixteen_clients_at_once_are_each_served()
    {
        await using var fixture = new ControlFixture();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(number => Task.Run(async () =>
        {
            using var client = await fixture.ConnectAsync();
            var key = Keys.Numbered(number);
            for (var i = 0; i < 20; i++)
            {
                (await client.CallAsync("peer.add", $$"""{"publicKey":"{{key}}"}""")).Result<PeerInfo>();
                (await client.CallAsync("peer.remove", $$"""{"publicKey":"{{key}}"}""")).Result<PeerInfo>();
            }
        })));
        Assert.Equal(16 * 40, fixture.Context.PeerChanges);
    }

    [Fact]
    public async Task One_client_too_many_is_told_so_when_all_others_subscribed()
    {
        await using var fixture = new ControlFixture(options => options with { Limits = new SocketServerLimits { MaxConnections = 2 } });
        using var first = await fixture.ConnectAsync();
        using var second = await fixture.ConnectAsync();
        (await first.CallAsync("events.subscribe")).Result<Done>();
        (await second.CallAsync("events.subscribe")).Result<Done>();
        using var third = fixture.ConnectRaw();
        (await third.ReadJsonAsync()).AssertError(ControlErrorCode.InternalError);
        Assert.Null(await third.ReadLineAsync());
    }

    [Fact]
    public async Task Dispose_breaks_clients_off_and_removes_the_file()
    {
        var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync("events.subscribe")).Result<Done>();
        Assert.Equal(1, fixture.Device.Subscribers);
        var path = fixture.Server.SocketPath;
        await fixture.Server.DisposeAsync();
        Assert.Null(await client.ReadLineAsync());
        Assert.False(File.Exists(path));
        Assert.Equal(0, fixture.Device.Subscribers);
        await fixture.DisposeAsync();
    }
}
