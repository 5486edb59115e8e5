using WireGuard.Api;

namespace WireGuard.Tests.Model;

public sealed class SnapshotTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_peer_that_never_shook_hands_is_older_than_any_limit()
    {
        var peer = new PeerInfo { PublicKey = Keys.Peer }.ToPeer("wg0", Now);

        Assert.Null(peer.LastHandshake);
        Assert.Equal(TimeSpan.MaxValue, peer.HandshakeAge);
        Assert.True(peer.IsStale);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(180, 180, false)]
    [InlineData(181, 181, true)]
    [InlineData(-5, 0, false)]
    public void Ages_count_from_the_snapshot_and_are_never_negative(int secondsAgo, int age, bool stale)
    {
        var peer = new PeerInfo { PublicKey = Keys.Peer, LastHandshake = Now.AddSeconds(-secondsAgo) }.ToPeer("wg0", Now);

        Assert.Equal(TimeSpan.FromSeconds(age), peer.HandshakeAge);
        Assert.Equal(stale, peer.IsStale);
    }

    [Fact]
    public void A_tunnel_tells_what_its_start_asked_for()
    {
        var tunnel = new TunnelInfo { Name = "wg0", Backend = "userspace", KillSwitch = true, Forward = true, ExcludedRoutes = ["10.0.0.0/8"] }.ToTunnel(Now);

        Assert.Equal((true, true, false), (tunnel.KillSwitch, tunnel.Forward, tunnel.Masquerade));
        Assert.Equal(["10.0.0.0/8"], tunnel.ExcludeRoute);
        Assert.Empty(new TunnelInfo { Name = "wg0", Backend = "userspace" }.ToTunnel(Now).ExcludeRoute);
    }

    [Fact]
    public void A_tunnel_carries_its_name_into_its_peers()
    {
        var info = new TunnelInfo { Name = "wg7", Backend = "userspace", IsUp = false, Peers = [new PeerInfo { PublicKey = Keys.Peer, Name = "laptop" }] };
        var tunnel = info.ToTunnel(Now);

        Assert.Equal(("wg7", WgTunnelState.Down, 1), (tunnel.Name, tunnel.State, tunnel.PeerCount));
        Assert.Equal(("wg7", "laptop"), (tunnel.Peers[0].Tunnel, tunnel.Peers[0].ToString()));
        Assert.Equal(WgTunnelState.Stopped, info.ToTunnel(Now, WgTunnelState.Stopped).State);
    }

    [Fact]
    public void Rates_are_told_when_somebody_looked_before_and_the_peer_is_still_the_same()
    {
        var before = new PeerInfo { PublicKey = Keys.Peer, RxBytes = 100, TxBytes = 1000 };
        var peer = (before with { RxBytes = 600, TxBytes = 1000 }).ToPeer("wg0", Now, before, TimeSpan.FromSeconds(2));
        Assert.Equal((250, 0), (peer.RxRate, peer.TxRate));

        Assert.Null(before.ToPeer("wg0", Now).RxRate);
        Assert.Null((before with { RxBytes = 99 }).ToPeer("wg0", Now, before, TimeSpan.FromSeconds(2)).RxRate);
    }

    [Fact]
    public void Text_forms_hold_no_secret()
    {
        var secret = WireGuard.Binding.SecretText.ToSecureString(Keys.Private);

        Assert.Equal(Keys.Peer, new WgKeyPair { PrivateKey = secret, PublicKey = Keys.Peer }.ToString());
        Assert.Equal("(hidden)", new WgPresharedKey { PresharedKey = secret }.ToString());
    }
}
