using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

public sealed class HandshakeWaitTests : IDisposable
{
    private readonly TestDirectory _folder = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _patience.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Who_has_a_session_is_not_waited_for()
    {
        _folder.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer, LastHandshake = DateTimeOffset.UtcNow });

        Assert.Equal(Keys.Peer, Assert.Single(await Run(new HandshakeWait(_folder.Tunnels, "wg0"), isNew: false)).PublicKey);
    }

    [Theory]
    [InlineData(600, false)]
    [InlineData(0, true)]
    public async Task It_ends_with_the_last_handshake_that_is_waited_for(int secondsAgo, bool isNew)
    {
        var peer = new PeerInfo { PublicKey = Keys.Peer, LastHandshake = DateTimeOffset.UtcNow.AddSeconds(-secondsAgo) };
        _folder.Serve("wg0", peers: [peer, peer with { PublicKey = Keys.OtherPeer }]);
        var wait = new HandshakeWait(_folder.Tunnels, "wg0");
        var running = Run(wait, isNew);
        await UntilAsync(() => wait.Awaited.Count == 2);

        await ShakeAsync(Keys.Peer);
        await UntilAsync(() => wait.Awaited.Count == 1);
        Assert.False(running.IsCompleted);
        await ShakeAsync(Keys.OtherPeer);
        Assert.Equal(2, (await running).Count);
    }

    [Fact]
    public async Task A_peer_that_is_removed_meanwhile_is_an_error()
    {
        _folder.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer });
        var wait = new HandshakeWait(_folder.Tunnels, "wg0");
        var running = Run(wait, isNew: false);
        await UntilAsync(() => wait.Awaited.Count == 1);
        using var client = await _folder.ConnectAsync("wg0");
        await client.RemovePeerAsync(new PeerRemoveRequest(Keys.Peer), _patience.Token);

        Assert.Equal(ErrorIds.PeerNotFound, (await Assert.ThrowsAsync<WgException>(() => running)).ErrorId);
    }

    [Fact]
    public async Task An_engine_that_ends_meanwhile_is_an_error()
    {
        var server = _folder.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer });
        var wait = new HandshakeWait(_folder.Tunnels, "wg0");
        var running = Run(wait, isNew: false);
        await UntilAsync(() => wait.Awaited.Count == 1);
        server.Dispose();

        Assert.Equal(ErrorIds.EngineConnectionLost, (await Assert.ThrowsAsync<WgException>(() => running)).ErrorId);
    }

    private Task<IReadOnlyList<PeerInfo>> Run(HandshakeWait wait, bool isNew) => wait.RunAsync(tunnel => tunnel.Peers, isNew, _patience.Token);

    private async Task ShakeAsync(string key)
    {
        using var client = await _folder.ConnectAsync("wg0");
        await client.SetPeerAsync(new PeerChangeRequest { PublicKey = key, PersistentKeepalive = 25 }, _patience.Token);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, _patience.Token);
    }
}
