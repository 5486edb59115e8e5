using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

public sealed class DeviceControlTests
{
    [Fact]
    public void Private_keys_read_back_clamped()
    {
        using var pair = new DevicePair(connect: false);
        using var raw = new SecretKey([.. Enumerable.Repeat((byte)0xFF, 32)]);
        pair.A.Device.Apply(new DeviceChange { PrivateKey = raw });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Equal(0xF8, snapshot.PrivateKey!.Span[0]);
        Assert.Equal(0x7F, snapshot.PrivateKey.Span[31]);
    }

    [Fact]
    public void A_zero_private_key_removes_it()
    {
        using var pair = new DevicePair(connect: false);
        using var zero = new SecretKey(new byte[32]);
        pair.A.Device.Apply(new DeviceChange { PrivateKey = zero });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Null(snapshot.PrivateKey);
        Assert.Null(snapshot.PublicKey);
    }

    [Fact]
    public void A_peer_with_the_tunnels_own_key_is_ignored_or_refused_when_it_was_to_be_new()
    {
        using var pair = new DevicePair(connect: false);
        var own = pair.A.PublicKey;
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = own }] });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Empty(snapshot.Peers);
        var refused = Assert.Throws<DeviceChangeException>(() =>
            pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = own, Mode = PeerChangeMode.AddOnly }] }));
        Assert.Equal(DeviceChangeError.InvalidValue, refused.Error);
    }

    [Fact]
    public void A_private_key_that_is_a_peers_removes_that_peer()
    {
        using var pair = new DevicePair();
        pair.A.Device.Apply(new DeviceChange { PrivateKey = pair.B.Key });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Empty(snapshot.Peers);
    }

    [Fact]
    public void A_refused_change_changes_nothing()
    {
        using var pair = new DevicePair();
        var peer = pair.B.PublicKey;
        var refused = Assert.Throws<DeviceChangeException>(() => pair.A.Device.Apply(new DeviceChange
        {
            ListenPort = 1234,
            FwMark = 7,
            Peers =
            [
                new PeerChange { PublicKey = peer, PersistentKeepalive = 99 },
                new PeerChange { PublicKey = peer, Mode = PeerChangeMode.AddOnly },
            ],
        }));
        Assert.Equal(DeviceChangeError.PeerExists, refused.Error);
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Equal((DeviceUnderTest.Port, 0U), (snapshot.ListenPort, snapshot.FwMark));
        Assert.Equal(0, snapshot.Peers[0].PersistentKeepalive);
    }

    [Fact]
    public void A_port_in_use_is_refused_and_the_old_one_stays()
    {
        using var pair = new DevicePair();
        using var other = new DeviceUnderTest(pair.Network, pair.Time, "wgx", null, IPAddress.Parse("192.0.2.9"));
        var third = pair.Network.Attach(pair.A.Address);
        third.Open(5555, 0);
        var refused = Assert.Throws<DeviceChangeException>(() => pair.A.Device.Apply(new DeviceChange { ListenPort = 5555 }));
        Assert.Equal(DeviceChangeError.AddressInUse, refused.Error);
        Assert.Equal("UDP port 5555 cannot be bound: another program uses it.", refused.Message);
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.0.0.2")));
    }

    [Fact]
    public void Missing_peers_are_an_error_only_where_they_must_be_there()
    {
        using var pair = new DevicePair(connect: false);
        var key = pair.B.PublicKey;
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = key, Mode = PeerChangeMode.UpdateIfPresent }] });
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = key, Mode = PeerChangeMode.Remove }] });
        foreach (var mode in new[] { PeerChangeMode.UpdateOnly, PeerChangeMode.RemoveExisting })
            Assert.Equal(
                DeviceChangeError.PeerNotFound,
                Assert.Throws<DeviceChangeException>(() => pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = key, Mode = mode }] })).Error);
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Empty(snapshot.Peers);
    }

    [Fact]
    public void Replacing_peers_starts_afresh_as_the_kernel_driver_does()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        pair.A.Device.Apply(new DeviceChange
        {
            ReplacePeers = true,
            Peers = [new PeerChange { PublicKey = pair.B.PublicKey, AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("10.0.0.2/32"))] }],
        });
        var peer = pair.A.Peer(pair.B.PublicKey);
        Assert.Equal((null, null, 0UL, 0UL), (peer.Endpoint, peer.LastHandshake, peer.RxBytes, peer.TxBytes));
        Assert.Null(pair.SendAtoB(packet));
        Assert.Equal(["10.0.0.2/32"], peer.AllowedIPs.Select(a => a.ToString()));
    }

    [Fact]
    public void A_handshake_that_is_asked_for_begins_at_once_and_the_session_that_is_sends_no_more()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        // The other end forgets the session.
        pair.B.Device.Apply(new DeviceChange { ReplacePeers = true });
        pair.B.AddPeer(pair.A, ["10.0.0.1/32"], withEndpoint: false);
        Assert.Null(pair.SendAtoB(packet));

        // Within the five seconds that are between handshakes else.
        pair.Time.Advance(TimeSpan.FromMilliseconds(100));
        var old = pair.PeerAtA.Keypairs.Current!;
        var sent = pair.Capture();
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.B.PublicKey, Mode = PeerChangeMode.UpdateOnly, ShakesHands = true }] });
        Assert.False(old.MaySend);
        pair.Settle();
        Assert.True(sent[0].IsInitiation);
        Assert.NotSame(old, pair.PeerAtA.Keypairs.Current);
        Assert.Equal(packet, pair.SendAtoB(packet));
    }

    [Fact]
    public void A_removed_peer_is_heard_and_spoken_to_no_more_and_its_bytes_stay_counted()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        pair.B.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.A.PublicKey, Mode = PeerChangeMode.RemoveExisting }] });
        Assert.Null(pair.SendAtoB(packet));
        using var snapshot = pair.B.Device.Snapshot();
        Assert.Empty(snapshot.Peers);
        Assert.Equal(148UL + 128, snapshot.RxBytes);
        Assert.Equal(0, pair.B.Device.Indices.Count);
        Assert.Contains(pair.B.Events, e => e.Kind == DeviceEventKind.PeerRemoved);
    }

    [Fact]
    public void A_forgotten_endpoint_is_as_if_there_had_never_been_one()
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.NotNull(pair.SendAtoB(packet));
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.B.PublicKey, ForgetEndpoint = true }] });
        Assert.Null(pair.A.Peer(pair.B.PublicKey).Endpoint);
        Assert.Null(pair.SendAtoB(packet));
        Assert.Equal(1, pair.A.Tun.TakeOrNull()![9]);

        // Who speaks is known again.
        Assert.NotNull(pair.SendBtoA(TestPacket.Make("10.0.0.2", "10.0.0.1")));
        Assert.Equal(packet, pair.SendAtoB(packet));
    }

    [Fact]
    public void A_snapshot_shows_what_was_set()
    {
        using var pair = new DevicePair(connect: false);
        using var psk = SecretKey.Random();
        pair.A.Device.Apply(new DeviceChange
        {
            FwMark = 0xCA6C,
            Peers =
            [
                new PeerChange
                {
                    PublicKey = pair.B.PublicKey,
                    Name = "laptop",
                    PresharedKey = psk,
                    Endpoint = IPEndPoint.Parse("[2001:db8::2]:7"),
                    PersistentKeepalive = 25,
                    AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("10.0.0.0/24")), new AllowedIPChange(IPNetwork.Parse("fd00::/64"))],
                },
            ],
        });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Equal(0xCA6CU, snapshot.FwMark);
        Assert.Equal(0xCA6CU, pair.A.Bind.FwMark);
        var peer = Assert.Single(snapshot.Peers);
        Assert.Equal(("laptop", 25), (peer.Name, peer.PersistentKeepalive));
        Assert.Equal(psk, peer.PresharedKey);
        Assert.Equal("[2001:db8::2]:7", peer.Endpoint?.ToString());
        Assert.Equal(["10.0.0.0/24", "fd00::/64"], peer.AllowedIPs.Select(a => a.ToString()));
        Assert.Null(peer.LastHandshake);
    }
}
