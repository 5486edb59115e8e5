using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

/// <summary>What keeps two ends from coming together is counted where it can be seen.</summary>
public sealed class TroubleCounterTests
{
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");

    [Fact]
    public void Nothing_is_counted_when_all_is_well()
    {
        using var pair = new DevicePair();
        Assert.NotNull(pair.SendAtoB(AtoB));
        Assert.Equal((0, 0, 0, 0), CountsOf(pair.A));
        Assert.Equal((0, 0, 0, 0), CountsOf(pair.B));
    }

    [Fact]
    public void Handshakes_without_answer_are_counted_until_there_is_one()
    {
        using var pair = new DevicePair();
        pair.Capture(_ => false);
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(17));
        Assert.Equal((0, 0, 3, 0), CountsOf(pair.A));
        pair.Capture();
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal((0, 0, 0, 0), CountsOf(pair.A));
    }

    [Fact]
    public void A_key_that_no_peer_has_is_counted_where_it_is_missing()
    {
        using var pair = new DevicePair(connect: false);
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(8));
        Assert.Equal((0, 2, 0, 0), CountsOf(pair.B));
    }

    [Fact]
    public void A_message_for_another_public_key_is_counted_where_it_arrives()
    {
        using var pair = new DevicePair();
        using var other = SecretKey.RandomPrivateKey();
        pair.B.Device.Apply(new DeviceChange { PrivateKey = other.Clone() });
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(8));
        Assert.Equal((2, 0, 0, 0), CountsOf(pair.B));
    }

    [Fact]
    public void An_answer_with_another_preshared_key_is_counted_until_both_have_the_same()
    {
        using var pair = new DevicePair();
        using var key = SecretKey.Random();
        SetPresharedKey(pair.A, pair.B.PublicKey, key);
        pair.A.Tun.Inject(AtoB);
        pair.Run(TimeSpan.FromSeconds(8));
        Assert.Equal((0, 0, 1, 2), CountsOf(pair.A));
        SetPresharedKey(pair.B, pair.A.PublicKey, key);
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(AtoB, pair.B.Tun.TakeOrNull());
        Assert.Equal((0, 0, 0, 0), CountsOf(pair.A));
    }

    private static (long Foreign, long Unknown, int Unanswered, int Refused) CountsOf(DeviceUnderTest device)
    {
        using var snapshot = device.Device.Snapshot();
        return (snapshot.ForeignMessages, snapshot.UnknownInitiations, snapshot.Peers.Sum(peer => peer.UnansweredHandshakes), snapshot.Peers.Sum(peer => peer.RefusedResponses));
    }

    private static void SetPresharedKey(DeviceUnderTest device, PublicKey peer, SecretKey key) =>
        device.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = peer, Mode = PeerChangeMode.UpdateOnly, PresharedKey = key.Clone() }] });
}
