using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

public sealed class ControlEventTests
{
    [Theory]
    [InlineData(DeviceEventKind.HandshakeCompleted, "handshake")]
    [InlineData(DeviceEventKind.PeerAdded, "peer-added")]
    [InlineData(DeviceEventKind.PeerRemoved, "peer-removed")]
    [InlineData(DeviceEventKind.EndpointMoved, "endpoint-moved")]
    [InlineData(DeviceEventKind.Up, "tunnel-up")]
    [InlineData(DeviceEventKind.Down, "tunnel-down")]
    [InlineData(DeviceEventKind.Error, "error")]
    public async Task Every_kind_has_its_name(DeviceEventKind kind, string name)
    {
        await using var fixture = new ControlFixture();
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync("events.subscribe")).Result<Done>();
        fixture.Device.Raise(new DeviceEvent(kind, Keys.Numbered(1), "laptop", "what happened"));
        Assert.Equal(
            $$$"""{"jsonrpc":"2.0","method":"event","params":{"kind":"{{{name}}}","time":"2026-01-01T00:00:00+00:00","tunnel":"wg0","peerPublicKey":"{{{Keys.Numbered(1)}}}","peerName":"laptop","detail":"what happened"}}""",
            await client.ReadLineAsync());
    }

    [Fact]
    public async Task Events_come_to_every_subscriber_in_the_same_order_and_to_nobody_else()
    {
        await using var fixture = new ControlFixture();
        using var first = await fixture.ConnectAsync();
        using var second = await fixture.ConnectAsync();
        using var silent = await fixture.ConnectAsync();
        (await first.CallAsync("events.subscribe")).Result<Done>();
        (await second.CallAsync("events.subscribe")).Result<Done>();
        (await second.CallAsync("events.subscribe")).Result<Done>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
                fixture.Device.Raise(new DeviceEvent(DeviceEventKind.Error, Detail: $"{thread} {i}"));
        })));
        var seen = new List<string>();
        for (var i = 0; i < 400; i++)
        {
            var line = await first.ReadLineAsync();
            Assert.Equal(line, await second.ReadLineAsync());
            seen.Add(System.Text.Json.JsonDocument.Parse(line!).RootElement.GetProperty("params").GetProperty("detail").GetString()!);
        }

        for (var thread = 0; thread < 4; thread++)
            Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{thread} {i}"), seen.Where(detail => detail.StartsWith($"{thread} ", StringComparison.Ordinal)));
        Assert.Equal("wg0", (await silent.CallAsync("engine.status")).Result<EngineStatus>().Tunnel);
    }

    [Fact]
    public async Task A_change_by_one_client_is_an_event_for_another_and_requests_go_on_meanwhile()
    {
        await using var fixture = new ControlFixture();
        using var watcher = await fixture.ConnectAsync();
        (await watcher.CallAsync("events.subscribe")).Result<Done>();
        using var client = await fixture.ConnectAsync();
        (await client.CallAsync("peer.add", $$"""{"publicKey":"{{Keys.Numbered(1)}}","name":"laptop"}""")).Result<PeerInfo>();
        var happened = (await watcher.ReadJsonAsync()).GetProperty("params");
        Assert.Equal("peer-added", happened.GetProperty("kind").GetString());
        Assert.Equal("laptop", happened.GetProperty("peerName").GetString());
        (await watcher.CallAsync("engine.status")).Result<EngineStatus>();
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_disconnected_and_holds_nobody_up()
    {
        await using var fixture = new ControlFixture(options => options with { EventQueueLength = 16 });
        using var deaf = await fixture.ConnectAsync();
        (await deaf.CallAsync("events.subscribe")).Result<Done>();
        using var other = await fixture.ConnectAsync();

        // No socket buffer takes this much.
        const int Count = 20_000;
        for (var i = 0; i < Count; i++)
            fixture.Device.Raise(new DeviceEvent(DeviceEventKind.Error, Detail: "something rather long that fills the buffers of a socket"));
        await Wait.UntilAsync(() => fixture.Server.ConnectionCount == 1);
        (await other.CallAsync("engine.status")).Result<EngineStatus>();

        var received = 0;
        while (await deaf.ReadLineAsync() is not null)
            received++;
        Assert.True(received < Count);
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answers_is_disconnected_in_time()
    {
        await using var fixture = new ControlFixture();
        using (var change = new DeviceChange { Peers = [.. Enumerable.Range(1, 5000).Select(i => new PeerChange { PublicKey = Keys.Numbered(i) })] })
            fixture.Device.Apply(change);
        using var deaf = await fixture.ConnectAsync();
        await deaf.SendAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tunnel.get\"}\n");
        using var other = await fixture.ConnectAsync();
        Assert.Equal(5000, (await other.CallAsync("tunnel.get")).Result<TunnelInfo>().Peers.Count);

        await Wait.UntilAsync(() => fixture.Clock.ArmedTimers == 2);
        fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        await Wait.UntilAsync(() => fixture.Server.ConnectionCount == 1);
    }
}
