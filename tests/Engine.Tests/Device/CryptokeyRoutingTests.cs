using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

/// <summary>Cryptokey routing through whole devices (whitepaper, section 2).</summary>
public sealed class CryptokeyRoutingTests
{
    [Theory]
    [InlineData("10.0.0.5", "B")]
    [InlineData("10.0.0.200", "C")]
    [InlineData("10.0.0.192", "C")]
    [InlineData("10.0.0.191", "B")]
    [InlineData("10.0.0.201", "B")]
    [InlineData("10.1.0.1", "B")]
    [InlineData("192.0.2.200", "C")]
    [InlineData("fd00::1:5", "B")]
    [InlineData("fd00::2:5", "C")]
    [InlineData("2001:db8::1", "C")]
    public void Nested_prefixes_of_two_peers_send_each_address_to_its_nearest_owner_and_take_it_from_there_alone(string address, string owner)
    {
        using var pair = new DevicePair(connect: false);
        using var third = new DeviceUnderTest(pair.Network, pair.Time, "wgc", null, IPAddress.Parse("192.0.2.3"));
        pair.A.AddPeer(pair.B, ["10.0.0.0/8", "10.0.0.201/32", "fd00::/16"]);
        pair.A.AddPeer(third, ["0.0.0.0/0", "10.0.0.192/26", "::/0", "fd00::2:0/112"]);
        pair.B.AddPeer(pair.A, ["172.16.0.1/32", "fd99::1/128"]);
        third.AddPeer(pair.A, ["172.16.0.1/32", "fd99::1/128"]);
        var own = address.Contains(':', StringComparison.Ordinal) ? "fd99::1" : "172.16.0.1";

        pair.A.Tun.Inject(TestPacket.Make(own, address));
        Settle(pair, third);
        var (right, wrong) = owner == "B" ? (pair.B, third) : (third, pair.B);
        Assert.NotNull(right.Tun.TakeOrNull());
        Assert.Null(wrong.Tun.TakeOrNull());

        right.Tun.Inject(TestPacket.Make(address, own));
        wrong.Tun.Inject(TestPacket.Make(address, own, payload: 1));
        Settle(pair, third);
        Assert.Equal(TestPacket.Make(address, own), pair.A.Tun.TakeOrNull());
        Assert.Null(pair.A.Tun.TakeOrNull());
    }

    [Fact]
    public void A_prefix_given_to_another_peer_moves_while_packets_flow()
    {
        using var pair = new DevicePair();
        using var third = new DeviceUnderTest(pair.Network, pair.Time, "wgc", null, IPAddress.Parse("192.0.2.3"));
        third.AddPeer(pair.A, ["10.0.0.1/32"]);
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2");
        Assert.Equal(packet, pair.SendAtoB(packet));

        pair.A.AddPeer(third, ["10.0.0.2/32"]);
        Assert.Equal(["fd00::2/128"], pair.A.Peer(pair.B.PublicKey).AllowedIPs.Select(a => a.ToString()));
        pair.A.Tun.Inject(packet);
        Settle(pair, third);
        Assert.Null(pair.B.Tun.TakeOrNull());
        Assert.Equal(packet, third.Tun.TakeOrNull());

        // And back.
        pair.A.AddPeer(pair.B, ["10.0.0.2/32"]);
        Assert.Empty(pair.A.Peer(third.PublicKey).AllowedIPs);
        Assert.Equal(packet, pair.SendAtoB(packet));
    }

    [Fact]
    public void A_removed_prefix_is_spoken_to_and_heard_no_more_and_only_its_owner_can_remove_it()
    {
        using var pair = new DevicePair();
        var there = TestPacket.Make("10.0.0.1", "10.0.0.2");
        var back = TestPacket.Make("10.0.0.2", "10.0.0.1");
        Assert.NotNull(pair.SendAtoB(there));
        var stranger = new PublicKey([.. Enumerable.Repeat((byte)9, 32)]);
        RemovePrefix(pair.A, stranger, "10.0.0.2/32");
        RemovePrefix(pair.A, pair.B.PublicKey, "10.0.0.0/24");
        RemovePrefix(pair.A, pair.B.PublicKey, "10.9.9.9/32");
        Assert.Equal(there, pair.SendAtoB(there));
        RemovePrefix(pair.A, pair.B.PublicKey, "10.0.0.2/32");
        Assert.Null(pair.SendAtoB(there));
        Assert.NotNull(pair.A.Tun.TakeOrNull()); // the ICMP error
        Assert.Null(pair.SendBtoA(back));
        Assert.Equal(["fd00::2/128"], pair.A.Peer(pair.B.PublicKey).AllowedIPs.Select(a => a.ToString()));
    }

    [Fact]
    public void Replacing_with_nothing_clears_and_a_change_applies_in_its_order()
    {
        using var pair = new DevicePair();
        var b = pair.B.PublicKey;
        Change(pair.A, new PeerChange { PublicKey = b, ReplaceAllowedIPs = true });
        Assert.Empty(pair.A.Peer(b).AllowedIPs);
        Change(pair.A, new PeerChange
        {
            PublicKey = b,
            AllowedIPs = [Allow("10.0.0.0/24"), Allow("10.0.0.0/24", remove: true), Allow("10.0.0.0/24"), Allow("10.0.1.0/24"), Allow("10.0.1.0/24", remove: true)],
        });
        Assert.Equal(["10.0.0.0/24"], pair.A.Peer(b).AllowedIPs.Select(a => a.ToString()));
    }

    [Fact]
    public void A_peer_takes_130_560_prefixes_at_once_and_shows_them_all()
    {
        using var pair = new DevicePair();
        var prefixes = new List<AllowedIPChange>();
        for (var second = 0; second < 2; second++)
            for (var third = 1; third < 256; third++)
                for (var fourth = 0; fourth < 256; fourth++)
                    prefixes.Add(new AllowedIPChange(new IPNetwork(new IPAddress([10, (byte)(100 + second), (byte)third, (byte)fourth]), 32)));
        Assert.Equal(130_560, prefixes.Count);
        Change(pair.A, new PeerChange { PublicKey = pair.B.PublicKey, ReplaceAllowedIPs = true, AllowedIPs = prefixes });
        var shown = pair.A.Peer(pair.B.PublicKey).AllowedIPs;
        Assert.Equal(prefixes.Select(p => p.Prefix), shown);

        pair.B.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = pair.A.PublicKey, AllowedIPs = [Allow("10.0.0.1/32")] }] });
        Assert.NotNull(pair.SendAtoB(TestPacket.Make("10.0.0.1", "10.101.255.255")));
        Change(pair.A, new PeerChange { PublicKey = pair.B.PublicKey, ReplaceAllowedIPs = true });
        Assert.Empty(pair.A.Peer(pair.B.PublicKey).AllowedIPs);
        Assert.Null(pair.A.Device.AllowedIPs.Find(IPAddress.Parse("10.101.255.255")));
    }

    [Theory]
    [InlineData(40, 52)]
    [InlineData(1000, 3)]
    public void Many_peers_with_many_prefixes_are_shown_as_they_were_set_and_found_by_address(int peers, int prefixes)
    {
        using var pair = new DevicePair(connect: false);
        var keys = Enumerable.Range(0, peers).Select(i => Key(i)).ToList();
        pair.A.Device.Apply(new DeviceChange
        {
            Peers = [.. keys.Select((key, i) => new PeerChange
            {
                PublicKey = key,
                Endpoint = new IPEndPoint(IPAddress.Parse("192.0.2.99"), 1000 + i),
                AllowedIPs = [.. Enumerable.Range(0, prefixes).Select(p => new AllowedIPChange(Prefix(i, p)))],
            })],
        });
        using (var snapshot = pair.A.Device.Snapshot())
        {
            Assert.Equal(keys, snapshot.Peers.Select(p => p.PublicKey));
            Assert.All(snapshot.Peers.Select((peer, i) => (peer, i)), at => Assert.Equal(Enumerable.Range(0, prefixes).Select(p => Prefix(at.i, p)), at.peer.AllowedIPs));
        }

        for (var i = 0; i < peers; i++)
            for (var p = 0; p < prefixes; p++)
                Assert.Equal(keys[i], pair.A.Device.AllowedIPs.Find(Prefix(i, p).BaseAddress)?.PublicKey);

        // All of them are asked for a session, and all of them go at once.
        for (var i = 0; i < peers; i++)
            pair.A.Tun.Inject(TestPacket.Make("10.0.0.1", Prefix(i, 0).BaseAddress.ToString()));
        pair.Settle();
        Assert.Equal(peers, pair.A.Device.Indices.Count);
        pair.A.Device.Apply(new DeviceChange { ReplacePeers = true });
        Assert.Equal(0, pair.A.Device.Indices.Count);
        using var empty = pair.A.Device.Snapshot();
        Assert.Empty(empty.Peers);
    }

    private static IPNetwork Prefix(int peer, int number) =>
        new(new IPAddress([10, (byte)(peer >> 8), (byte)peer, (byte)(number * 4)]), 30);

    private static PublicKey Key(int number)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Fill(7);
        BitConverter.TryWriteBytes(bytes, number + 1);
        return new PublicKey(bytes);
    }

    private static AllowedIPChange Allow(string prefix, bool remove = false) => new(IPNetwork.Parse(prefix), remove);

    private static void RemovePrefix(DeviceUnderTest device, PublicKey peer, string prefix) =>
        Change(device, new PeerChange { PublicKey = peer, AllowedIPs = [Allow(prefix, remove: true)] });

    private static void Change(DeviceUnderTest device, PeerChange change) => device.Device.Apply(new DeviceChange { Peers = [change] });

    private static void Settle(DevicePair pair, DeviceUnderTest third)
    {
        for (var i = 0; i < 20; i++)
        {
            pair.Settle();
            third.Pump();
        }
    }
}
