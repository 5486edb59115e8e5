using WireGuard.Api;
using WireGuard.Client;

namespace WireGuard.Tests.Client;

public sealed class PeerPresenceTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly PeerPresence _presence = new();

    [Fact]
    public void Who_has_shaken_hands_lately_is_online_and_who_has_not_is_not()
    {
        var come = _presence.Look([Peer(Keys.Peer, 10), Peer(Keys.OtherPeer, 181), new PeerInfo { PublicKey = Keys.PrivatesPublic }], Now);

        Assert.Equal(Keys.Peer, Assert.Single(come).PublicKey);
        Assert.Empty(_presence.Look([Peer(Keys.Peer, 10)], Now));
        Assert.Equal(Now.AddSeconds(170), _presence.NextEnd);
    }

    [Fact]
    public void The_first_handshake_brings_online_and_the_next_ones_keep_it()
    {
        Assert.True(_presence.Shook(Keys.Peer, "laptop", Now));
        Assert.False(_presence.Shook(Keys.Peer, "laptop", Now.AddSeconds(120)));
        Assert.Empty(_presence.TakeEnded(Now.AddSeconds(300)));

        Assert.Equal([(Keys.Peer, "laptop", Now.AddSeconds(300))], _presence.TakeEnded(Now.AddSeconds(301)));
        Assert.Empty(_presence.TakeEnded(Now.AddSeconds(400)));
        Assert.Null(_presence.NextEnd);
        Assert.True(_presence.Shook(Keys.Peer, "laptop", Now.AddSeconds(500)));
    }

    [Fact]
    public void They_go_in_the_order_of_their_last_handshakes_and_who_was_removed_does_not()
    {
        _presence.Shook(Keys.Peer, null, Now.AddSeconds(2));
        _presence.Shook(Keys.OtherPeer, null, Now.AddSeconds(1));
        _presence.Shook(Keys.PrivatesPublic, null, Now);
        _presence.Forget(Keys.PrivatesPublic);

        Assert.Equal([Keys.OtherPeer, Keys.Peer], _presence.TakeEnded(Now.AddHours(1)).Select(e => e.PublicKey));
    }

    private static PeerInfo Peer(string key, int secondsAgo) => new() { PublicKey = key, LastHandshake = Now.AddSeconds(-secondsAgo) };
}
