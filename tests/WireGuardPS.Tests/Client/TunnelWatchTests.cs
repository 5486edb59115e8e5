using System.Collections.Concurrent;
using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

public sealed class TunnelWatchTests : IDisposable
{
    private readonly TestDirectory _folder = new();
    private readonly ConcurrentQueue<WgEvent> _told = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _patience.Cancel();
        _patience.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_happens_is_told_in_order_and_presence_is_made_of_handshakes()
    {
        _folder.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer, Name = "laptop" });
        var watch = Watch("wg0");
        using var client = await _folder.ConnectAsync("wg0");
        await UntilSubscribedAsync(client);

        await client.SetPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer, PersistentKeepalive = 25 }, _patience.Token);
        await client.SetPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer, PersistentKeepalive = 25 }, _patience.Token);
        await client.SetPeerAsync(new PeerChangeRequest { PublicKey = Keys.Peer, Endpoint = "192.0.2.9:9" }, _patience.Token);
        await client.RemovePeerAsync(new PeerRemoveRequest(Keys.Peer), _patience.Token);
        await UntilAsync(() => _told.Any(e => e is { Kind: WgEventKind.PeerRemoved, PublicKey: Keys.Peer }));

        Assert.Equal(
            [WgEventKind.Handshake, WgEventKind.PeerOnline, WgEventKind.Handshake, WgEventKind.EndpointMoved, WgEventKind.PeerRemoved],
            _told.Where(e => e.PublicKey == Keys.Peer).Select(e => e.Kind));
        Assert.All(_told.Where(e => e.PublicKey == Keys.Peer), e => Assert.Equal(("wg0", "laptop"), (e.Tunnel, e.PeerName)));
        Assert.Equal("192.0.2.9:9", _told.Single(e => e.Kind == WgEventKind.EndpointMoved).Detail);
        Assert.False(watch.IsCompleted);
    }

    [Fact]
    public async Task Who_does_not_shake_hands_for_180_seconds_goes_offline()
    {
        var time = new ShiftedTime(TimeSpan.FromSeconds(179));
        _folder.Serve("wg0", peers: new PeerInfo { PublicKey = Keys.Peer, LastHandshake = DateTimeOffset.UtcNow });
        _ = Watch("wg0", time);
        await UntilAsync(() => !_told.IsEmpty);

        var gone = Assert.Single(_told);
        Assert.Equal((WgEventKind.PeerOffline, Keys.Peer), (gone.Kind, gone.PublicKey));
    }

    [Fact]
    public async Task The_end_of_the_engine_is_the_last_event()
    {
        var server = _folder.Serve("wg0");
        var watch = Watch("wg0");
        using (var client = await _folder.ConnectAsync("wg0"))
            await UntilSubscribedAsync(client);
        server.Dispose();
        await watch;

        Assert.Equal(WgEventKind.TunnelStopped, _told.Last().Kind);
    }

    [Fact]
    public async Task A_tunnel_that_is_not_there_is_an_error() =>
        Assert.Equal(ErrorIds.TunnelNotFound, (await Assert.ThrowsAsync<WgException>(() => Watch("wg0"))).ErrorId);

    private Task Watch(string tunnel, TimeProvider? time = null) =>
        new TunnelWatch(_folder.Tunnels, tunnel, time ?? TimeProvider.System, _told.Enqueue).RunAsync(() => { }, _patience.Token);

    // Peers come and go until the watch hears of it.
    private async Task UntilSubscribedAsync(EngineClient client)
    {
        while (!_told.Any(e => e.PublicKey == Keys.OtherPeer))
        {
            await client.AddPeerAsync(new PeerChangeRequest { PublicKey = Keys.OtherPeer }, _patience.Token);
            await client.RemovePeerAsync(new PeerRemoveRequest(Keys.OtherPeer), _patience.Token);
            await Task.Delay(10, _patience.Token);
        }
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, _patience.Token);
    }

    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
    }
}
