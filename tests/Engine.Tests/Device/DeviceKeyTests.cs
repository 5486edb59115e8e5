using System.Reflection;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Tun;

namespace WireGuard.Tests.Device;

/// <summary>Keys that change under a running tunnel, and what is left of the old ones.</summary>
public sealed unsafe class DeviceKeyTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");

    [Fact]
    public void A_handshake_in_progress_ends_with_the_private_key_it_was_begun_with()
    {
        using var pair = new DevicePair();
        pair.Capture(_ => false);
        pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.0.0.2"));
        pair.Settle();
        Assert.Equal(HandshakeState.CreatedInitiation, pair.PeerAtA.Handshake.State);
        using var key = SecretKey.RandomPrivateKey();
        using (var change = new DeviceChange { PrivateKey = key.Clone() })
            pair.A.Device.Apply(change);
        Assert.Equal(HandshakeState.Zeroed, pair.PeerAtA.Handshake.State);
        Assert.Equal(0, pair.A.Device.Indices.Count);
    }

    [Fact]
    public void After_a_private_key_change_the_next_packet_shakes_hands_at_once_and_the_old_session_sends_no_more()
    {
        using var pair = Connected();
        using var key = SecretKey.RandomPrivateKey();
        var old = pair.PeerAtA.Keypairs.Current!;
        var sent = pair.Capture();
        // Not a second after the last handshake: the five seconds between handshakes do not count here.
        pair.Time.Advance(TimeSpan.FromMilliseconds(100));
        pair.A.Device.Apply(new DeviceChange { PrivateKey = key.Clone() });
        Assert.False(old.MaySend);
        // What B has on its way is still taken.
        Assert.Equal(BtoA, pair.SendBtoA(BtoA));

        pair.B.AddPeer(pair.A, ["10.0.0.1/32"]);
        sent.Clear();
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.True(sent[0].IsInitiation);
        Assert.NotSame(old, pair.PeerAtA.Keypairs.Current);
    }

    [Fact]
    public void A_session_that_waits_for_its_confirmation_does_not_send_either_once_the_private_key_changed()
    {
        using var pair = new DevicePair();
        var isOpen = false;
        pair.Capture(m => isOpen || !m.IsTransport);
        pair.A.Tun.Inject(AtoB);
        pair.Settle();
        var waiting = pair.PeerAtB.Keypairs.Next!;
        using var key = SecretKey.RandomPrivateKey();
        using (var change = new DeviceChange { PrivateKey = key.Clone() })
            pair.B.Device.Apply(change);

        isOpen = true;
        var sent = pair.Capture();
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.Same(waiting, pair.PeerAtB.Keypairs.Current);
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.DoesNotContain(sent, m => m.FromB && m.IsTransport);
        Assert.Contains(sent, m => m.FromB && m.IsInitiation);
    }

    [Fact]
    public void The_secret_behind_cookies_is_zeroed_when_the_key_changes()
    {
        using var pair = new DevicePair();
        new ForgedFlood(pair).FromEverywhere(1000);
        pair.Settle();
        var secret = (byte[])Field(Field(pair.B.Device, "_cookieChecker"), "_secret");
        Assert.False(IsZero(secret));
        using var key = SecretKey.RandomPrivateKey();
        using (var change = new DeviceChange { PrivateKey = key.Clone() })
            pair.B.Device.Apply(change);
        Assert.True(IsZero(secret));
    }

    [Fact]
    public void The_same_private_key_again_changes_nothing()
    {
        using var pair = Connected();
        var session = pair.PeerAtA.Keypairs.Current!;
        var sent = pair.Capture();
        pair.A.Device.Apply(new DeviceChange { PrivateKey = pair.A.Key.Clone() });
        // Unclamped, it is still the same key.
        var raw = pair.A.Key.Span.ToArray();
        raw[0] |= 7;
        raw[31] |= 0x80;
        pair.A.Device.Apply(new DeviceChange { PrivateKey = new SecretKey(raw) });
        pair.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
        Assert.Same(session, pair.PeerAtA.Keypairs.Current);
        Assert.True(session.MaySend);
        Assert.DoesNotContain(sent, m => m.IsInitiation);
    }

    [Fact]
    public void Without_a_private_key_nothing_is_sent_or_answered_and_with_it_all_goes_on()
    {
        using var pair = Connected();
        using var zero = new SecretKey(new byte[32]);
        pair.A.Device.Apply(new DeviceChange { PrivateKey = zero });
        var sent = pair.Capture();
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(1));
        pair.B.Tun.Inject(BtoA);
        pair.Settle();
        Assert.DoesNotContain(sent, m => !m.FromB);
        Assert.Contains(sent, m => m.FromB && m.IsInitiation);
        pair.A.Device.Apply(new DeviceChange { PrivateKey = pair.A.Key.Clone() });
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(12));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
    }

    [Fact]
    public void A_private_key_that_is_a_peers_removes_that_peer_with_its_sessions_and_no_other()
    {
        using var pair = Connected();
        var other = new PublicKey([.. Enumerable.Repeat((byte)9, 32)]);
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = other }] });
        var session = pair.PeerAtA.Keypairs.Current!;
        pair.A.Device.Apply(new DeviceChange { PrivateKey = pair.B.Key.Clone() });
        using var snapshot = pair.A.Device.Snapshot();
        Assert.Equal(other, Assert.Single(snapshot.Peers).PublicKey);
        Assert.Equal(0, pair.A.Device.Indices.Count);
        Assert.True(IsZero(session));
        Assert.Null(pair.SendAtoB(AtoB));
    }

    [Fact]
    public void A_preshared_key_changed_at_both_ends_while_up_is_used_by_the_next_handshake_and_loses_no_packet()
    {
        using var pair = Connected();
        for (var round = 0; round < 3; round++)
        {
            using var psk = SecretKey.Random();
            var session = pair.PeerAtA.Keypairs.Current!;
            SetPresharedKey(pair.A, pair.B.PublicKey, psk.Clone());
            Assert.Equal(AtoB, pair.SendAtoB(AtoB));
            SetPresharedKey(pair.B, pair.A.PublicKey, psk.Clone());
            Assert.Same(session, pair.PeerAtA.Keypairs.Current);
            for (var second = 0; second < 125; second++)
            {
                pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
                Assert.Equal(AtoB, pair.SendAtoB(AtoB));
                Assert.Equal(BtoA, pair.SendBtoA(BtoA));
            }

            Assert.NotSame(session, pair.PeerAtA.Keypairs.Current);
        }

        // Taken away at one end alone, the next handshake fails: the key was in use.
        SetPresharedKey(pair.A, pair.B.PublicKey, new SecretKey(new byte[32]));
        pair.Run(TimeSpan.FromSeconds(190), TimeSpan.FromSeconds(1));
        Assert.Null(pair.SendAtoB(AtoB));
    }

    [Fact]
    public void Session_keys_are_zeroed_when_the_session_is_replaced_forgotten_removed_or_the_link_goes_down()
    {
        using var pair = Connected();
        var first = pair.PeerAtA.Keypairs.Current!;
        Rekey(pair);
        Assert.False(IsZero(first));
        var second = pair.PeerAtA.Keypairs.Current!;
        Rekey(pair);
        Assert.True(IsZero(first));

        pair.A.Tun.Raise(TunEvent.Down);
        Assert.True(IsZero(second));
        pair.A.Tun.Raise(TunEvent.Up);
        pair.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull(pair.SendAtoB(AtoB));
        var third = pair.PeerAtA.Keypairs.Current!;
        pair.Run(TimeSpan.FromSeconds(545), TimeSpan.FromSeconds(1));
        Assert.True(IsZero(third));

        Assert.NotNull(pair.SendAtoB(AtoB));
        var fourth = pair.PeerAtA.Keypairs.Current!;
        Assert.False(IsZero(fourth));
        pair.A.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.B.PublicKey, Mode = PeerChangeMode.Remove }] });
        Assert.True(IsZero(fourth));
    }

    [Fact]
    public void Private_and_preshared_keys_are_zeroed_when_they_are_replaced_or_the_device_ends()
    {
        using var psk = SecretKey.Random();
        var pair = new DevicePair(psk);
        Assert.NotNull(pair.SendAtoB(AtoB));
        var first = Identity(pair.A);
        using var key = SecretKey.RandomPrivateKey();
        pair.A.Device.Apply(new DeviceChange { PrivateKey = key.Clone() });
        Assert.True(first.PrivateKey.IsZero);

        var preshared = Secret(pair.PeerAtA, "_presharedKey");
        var staticStatic = Secret(pair.PeerAtA, "_staticStatic");
        Assert.Equal(psk.Span, preshared);
        Assert.True(pair.PeerAtA.Handshake.CanAgree);
        Assert.False(IsZero(staticStatic));
        using var other = SecretKey.Random();
        SetPresharedKey(pair.A, pair.B.PublicKey, other.Clone());
        Assert.Equal(other.Span, preshared);
        var second = Identity(pair.A);
        pair.Dispose();
        Assert.True(IsZero(preshared) && IsZero(staticStatic));
        Assert.True(second.PrivateKey.IsZero);
    }

    [Fact]
    public void A_low_order_peer_is_not_answered_either_and_does_not_wear_out_the_worker()
    {
        using var pair = new DevicePair();
        var low = new PublicKey(Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"));
        pair.A.Device.Apply(new DeviceChange
        {
            Peers = [new PeerChange { PublicKey = low, Endpoint = pair.B.Endpoint, PersistentKeepalive = 1, AllowedIPs = [new AllowedIPChange(System.Net.IPNetwork.Parse("10.7.0.0/16"))] }],
        });
        for (var second = 0; second < 60; second++)
        {
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", "10.7.0.1"));
            pair.Run(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }

        var peer = pair.A.Device.AllowedIPs.Find4(0x0A070001)!;
        Assert.Equal((0UL, 0UL), (peer.TxBytes, peer.RxBytes));
        Assert.InRange(peer.Staged.Count, 1, 128);
        Assert.Null(peer.Keypairs.Current);
        Assert.Equal(AtoB, pair.SendAtoB(AtoB));
    }

    private static DevicePair Connected()
    {
        var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        return pair;
    }

    private static void Rekey(DevicePair pair)
    {
        pair.Run(TimeSpan.FromSeconds(121), TimeSpan.FromSeconds(1));
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.NotNull(pair.SendAtoB(AtoB));
    }

    private static void SetPresharedKey(DeviceUnderTest device, PublicKey peer, SecretKey key) =>
        device.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = peer, Mode = PeerChangeMode.UpdateOnly, PresharedKey = key }] });

    private static StaticIdentity Identity(DeviceUnderTest device) => (StaticIdentity)Field(device.Device, "_identity");

    private static byte[] Secret(Peer peer, string field) => (byte[])Field(peer.Handshake, field);

    private static object Field(object holder, string name)
    {
        var field = holder.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
        Assert.NotNull(field);
        return field.GetValue(holder)!;
    }

    private static bool IsZero(Keypair keypair) => new ReadOnlySpan<byte>(keypair.SendKey, 64).IndexOfAnyExcept((byte)0) < 0;

    private static bool IsZero(byte[] secret) => secret.AsSpan().IndexOfAnyExcept((byte)0) < 0;
}
