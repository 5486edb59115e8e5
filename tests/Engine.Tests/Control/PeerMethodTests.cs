using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

/// <summary>What peer.add, peer.set and peer.remove say that they change, do not touch, and would do.</summary>
public sealed class PeerMethodTests : IAsyncLifetime
{
    private const string Zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private static readonly string s_one = Keys.Numbered(1).ToString();
    private static readonly string s_two = Keys.Numbered(2).ToString();

    private readonly ControlFixture _fixture = new();
    private SocketClient _client = null!;

    public async Task InitializeAsync() => _client = await _fixture.ConnectAsync();

    public Task DisposeAsync()
    {
        _client.Dispose();
        return _fixture.DisposeAsync().AsTask();
    }

    [Fact]
    public async Task What_is_different_is_told_and_nothing_else()
    {
        Assert.Equal(
            ["added Peer 1 >*", "added Name 1 >phone", "added PresharedKey 1 >", "added Endpoint 1 >192.0.2.1:9", "added PersistentKeepalive 1 >20", "added AllowedIP 1 >10.0.0.1/32", "added AllowedIP 1 >10.1.0.0/16"],
            await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","name":"phone","presharedKey":"{{s_two}}","endpoint":"192.0.2.1:9","persistentKeepalive":20,"allowedIPs":["10.0.0.1/32","10.1.0.0/16"]}"""));
        Assert.Equal(
            ["changed Name 1 phone>mobile", "changed Endpoint 1 192.0.2.1:9>192.0.2.1:10", "removed AllowedIP 1 10.1.0.0/16>", "added AllowedIP 1 >10.2.0.0/16"],
            await ChangesAsync("peer.set", $$"""{"publicKey":"{{s_one}}","name":"mobile","presharedKey":"{{s_two}}","endpoint":"192.0.2.1:10","persistentKeepalive":20,"allowedIPs":["10.0.0.1/32","10.2.0.0/16"]}"""));
        Assert.Equal(
            ["removed Name 1 mobile>", "removed PresharedKey 1 >", "removed PersistentKeepalive 1 20>", "removed AllowedIP 1 10.0.0.1/32>", "removed AllowedIP 1 10.2.0.0/16>"],
            await ChangesAsync("peer.set", $$"""{"publicKey":"{{s_one}}","name":"","presharedKey":"{{Zeros}}","persistentKeepalive":0,"allowedIPs":[]}"""));
        Assert.Equal(["removed Peer 1 *>"], await ChangesAsync("peer.remove", $$"""{"publicKey":"{{s_one}}"}"""));
    }

    [Fact]
    public async Task A_prefix_that_moves_is_told_of_both_peers()
    {
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","name":"first","allowedIPs":["10.0.0.0/24","10.0.1.0/24"]}""");
        string[] expected = ["added Peer 2 >*", "added AllowedIP 2 >10.0.1.0/24", "removed AllowedIP 1 10.0.1.0/24>"];
        var request = $$"""{"publicKey":"{{s_two}}","allowedIPs":["10.0.1.0/24"]""";
        Assert.Equal(expected, await ChangesAsync("peer.add", request + ",\"dryRun\":true}"));
        Assert.Equal(expected, await ChangesAsync("peer.add", request + "}"));
        Assert.Equal(["10.0.1.0/24"], _fixture.Context.Steps[^1].Came.Select(p => p.ToString()));
        Assert.Empty(_fixture.Context.Steps[^1].Went);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"name\":\"phone\"")]
    [InlineData(",\"allowedIPs\":[\"10.0.0.2/32\",\"10.0.0.1/32\"]")]
    [InlineData(",\"endpoint\":\"192.0.2.1:9\"")]
    [InlineData(",\"persistentKeepalive\":20")]
    [InlineData(",\"presharedKey\":\"KEY\"")]
    public async Task A_peer_that_is_added_again_just_so_is_left_alone(string values)
    {
        var request = $$"""{"publicKey":"{{s_one}}"{{values.Replace("KEY", s_two)}}}""";
        Assert.NotEmpty(await ChangesAsync("peer.add", request));
        Assert.Empty(await ChangesAsync("peer.add", request));
        Assert.Empty(await ChangesAsync("peer.add", request.Replace("}", ",\"dryRun\":true}")));
        Assert.Equal((1, 1), (_fixture.Device.Applied, _fixture.Context.PeerChanges));
    }

    [Theory]
    [InlineData(",\"name\":\"tablet\"", "Name")]
    [InlineData("", "Name, AllowedIP, PersistentKeepalive")]
    [InlineData(",\"name\":\"phone\",\"allowedIPs\":[\"10.0.0.1/32\",\"10.0.0.2/32\"],\"persistentKeepalive\":20", "AllowedIP")]
    [InlineData(",\"name\":\"phone\",\"allowedIPs\":[\"10.0.0.1/32\"],\"persistentKeepalive\":20,\"endpoint\":\"192.0.2.2:9\"", "Endpoint")]
    [InlineData(",\"name\":\"phone\",\"allowedIPs\":[\"10.0.0.1/32\"],\"persistentKeepalive\":20,\"presharedKey\":\"KEY\"", "PresharedKey")]
    public async Task A_peer_that_is_added_again_otherwise_exists_and_what_differs_is_named(string values, string others)
    {
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","name":"phone","allowedIPs":["10.0.0.1/32"],"persistentKeepalive":20,"endpoint":"192.0.2.1:9"}""");
        var request = $$"""{"publicKey":"{{s_one}}"{{values.Replace("KEY", s_two)}}}""";
        foreach (var asked in new[] { request, request.Replace("}", ",\"dryRun\":true}") })
        {
            var answer = await _client.CallAsync("peer.add", asked);
            answer.AssertError(ControlErrorCode.PeerExists);
            foreach (var other in others.Split(", "))
                Assert.Contains(other, answer.GetProperty("error").GetProperty("message").GetString());
        }

        Assert.Equal(1, _fixture.Device.Applied);
    }

    /// <summary>Wherever it is now: the endpoint was given so, and the peer has moved on by itself.</summary>
    [Fact]
    public async Task A_peer_that_has_roamed_since_is_added_again_just_so()
    {
        var request = $$"""{"publicKey":"{{s_one}}","endpoint":"192.0.2.1:9"}""";
        await ChangesAsync("peer.add", request);
        Assert.Equal("192.0.2.1:9", _fixture.Context.Steps[0].Written);
        using (var roamed = new DeviceChange { Peers = [new PeerChange { PublicKey = Keys.Numbered(1), Endpoint = System.Net.IPEndPoint.Parse("198.51.100.1:7") }] })
            _fixture.Device.Apply(roamed);
        (await _client.CallAsync("peer.add", request)).AssertError(ControlErrorCode.PeerExists);

        _fixture.Context.Written[Keys.Numbered(1)] = "192.0.2.1:9";
        Assert.Empty(await ChangesAsync("peer.add", request));
        // A change is a change: where it was told to be, it is sent to.
        Assert.Equal(["changed Endpoint 1 198.51.100.1:7>192.0.2.1:9"], await ChangesAsync("peer.set", request));
    }

    [Fact]
    public async Task What_is_set_to_what_it_is_is_not_touched()
    {
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","name":"phone","allowedIPs":["10.0.0.1/32"],"persistentKeepalive":20}""");
        foreach (var values in new[] { "", ",\"name\":\"phone\"", ",\"allowedIPs\":[\"10.0.0.1/32\"]", ",\"allowedIPs\":[\"10.0.0.1/32\"],\"appendAllowedIPs\":true", ",\"persistentKeepalive\":20", $",\"presharedKey\":\"{Zeros}\"" })
            Assert.Empty(await ChangesAsync("peer.set", $$"""{"publicKey":"{{s_one}}"{{values}}}"""));
        Assert.Equal((1, 1, 6), (_fixture.Device.Applied, _fixture.Context.PeerChanges, _fixture.Context.Looks));
    }

    /// <summary>What wg(8) has changed the host was not told of, and others may have taken routes away.</summary>
    [Fact]
    public async Task What_is_so_already_is_told_to_the_host_unless_the_run_is_dry()
    {
        var request = $$"""{"publicKey":"{{s_one}}","allowedIPs":["10.0.0.1/32"]""";
        await ChangesAsync("peer.add", request + "}");
        await ChangesAsync("peer.add", request + ",\"dryRun\":true}");
        await ChangesAsync("peer.set", request + ",\"dryRun\":true}");
        Assert.Equal(0, _fixture.Context.Looks);
        await ChangesAsync("peer.add", request + "}");
        await ChangesAsync("peer.set", request + "}");
        Assert.Equal(2, _fixture.Context.Looks);
        _fixture.Context.PeersChangedFailure = new ControlException(ControlErrorCode.HostNetworkFailed, "No route.");
        (await _client.CallAsync("peer.set", request + "}")).AssertError(ControlErrorCode.HostNetworkFailed);
        Assert.Equal(1, _fixture.Device.Applied);
    }

    [Fact]
    public async Task A_dry_run_says_what_there_would_be_and_does_nothing()
    {
        (await _client.CallAsync("peer.set", $$"""{"publicKey":"{{s_one}}","dryRun":true}""")).AssertError(ControlErrorCode.PeerNotFound);
        (await _client.CallAsync("peer.remove", $$"""{"publicKey":"{{s_one}}","dryRun":true}""")).AssertError(ControlErrorCode.PeerNotFound);
        Assert.Equal(["added Peer 1 >*"], await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","dryRun":true}"""));
        Assert.Equal(0, _fixture.Device.Applied);
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","allowedIPs":["10.0.0.1/32"]}""");
        Assert.Equal(["added Name 1 >phone"], await ChangesAsync("peer.set", $$"""{"publicKey":"{{s_one}}","name":"phone","dryRun":true}"""));
        Assert.Equal(["removed Peer 1 *>", "removed AllowedIP 1 10.0.0.1/32>"], await ChangesAsync("peer.remove", $$"""{"publicKey":"{{s_one}}","dryRun":true}"""));
        Assert.Equal((1, 1), (_fixture.Device.Applied, _fixture.Context.PeerChanges));
        // Whatever the device refuses, it refuses in a dry run.
        _fixture.Device.NextFailure = new DeviceChangeException(DeviceChangeError.InvalidValue, "It has joined.");
        (await _client.CallAsync("peer.set", $$"""{"publicKey":"{{s_one}}","name":"phone","dryRun":true}""")).AssertError(ControlErrorCode.InvalidValue);
    }

    /// <summary>With thousands of peers a copy of all of them is what a change would cost.</summary>
    [Fact]
    public async Task No_other_peer_is_looked_at()
    {
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_two}}","allowedIPs":["10.0.0.1/32"]}""");
        await ChangesAsync("peer.add", $$"""{"publicKey":"{{s_one}}","allowedIPs":["10.0.0.2/32"]}""");
        await ChangesAsync("peer.set", $$"""{"publicKey":"{{s_one}}","allowedIPs":["10.0.0.3/32"]}""");
        await ChangesAsync("peer.remove", $$"""{"publicKey":"{{s_one}}"}""");
        Assert.Equal(0, _fixture.Device.Snapshots);
    }

    [Fact]
    public async Task What_was_foreseen_is_what_comes_whatever_is_asked()
    {
        var random = new Random(7);
        for (var turn = 0; turn < 300; turn++)
        {
            var key = Keys.Numbered((byte)random.Next(1, 6));
            var (method, parameters) = random.Next(5) == 0 ? ("peer.remove", $"\"publicKey\":\"{key}\"") : (random.Next(2) == 0 ? "peer.add" : "peer.set", Values(random, key));
            var foreseen = Text(await _client.CallAsync(method, $"{{{parameters},\"dryRun\":true}}"));
            Assert.Equal(foreseen, Text(await _client.CallAsync(method, $"{{{parameters}}}")));
        }
    }

    private static string Values(Random random, PublicKey key)
    {
        var text = $"\"publicKey\":\"{key}\"";
        if (random.Next(2) == 0)
            text += $",\"name\":\"{(random.Next(3) == 0 ? "" : random.Next(3))}\"";
        if (random.Next(2) == 0)
            text += $",\"persistentKeepalive\":{random.Next(2) * 25}";
        if (random.Next(3) == 0)
            text += $",\"endpoint\":\"192.0.2.{random.Next(1, 3)}:9\"";
        if (random.Next(3) == 0)
            text += $",\"presharedKey\":\"{(random.Next(2) == 0 ? Zeros : s_one)}\"";
        if (random.Next(3) > 0)
            text += $",\"allowedIPs\":[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => $"\"10.0.{random.Next(4)}.0/24\"").Distinct())}]";
        return random.Next(2) == 0 ? text : text + ",\"appendAllowedIPs\":true";
    }

    private static string Text(System.Text.Json.JsonElement answer) => answer.TryGetProperty("error", out var error)
        ? error.GetRawText()
        : string.Join('\n', answer.Result<PeerInfo>().Changes!.Select(Text).Order(StringComparer.Ordinal));

    private async Task<string[]> ChangesAsync(string method, string parameters) => [.. (await _client.CallAsync(method, parameters)).Result<PeerInfo>().Changes!.Select(Text)];

    /// <summary>Peers by their numbers; their keys, where they are told as values, as a star.</summary>
    private static string Text(TunnelDifference change) =>
        $"{change.Kind} {change.Property} {(change.Peer == s_one ? "1" : "2")} {(change.Property == "Peer" && change.From is not null ? "*" : change.From)}>{(change.Property == "Peer" && change.To is not null ? "*" : change.To)}";
}
