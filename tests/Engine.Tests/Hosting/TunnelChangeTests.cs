using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;

namespace WireGuard.Tests.Hosting;

public class TunnelChangeTests
{
    [Fact]
    public void A_files_configuration_becomes_one_change_with_keys_of_its_own()
    {
        var key = new PublicKey([.. Enumerable.Repeat((byte)7, 32)]);
        var config = new TunnelConfig
        {
            Interface = new InterfaceSection { PrivateKey = SecretKey.RandomPrivateKey(), ListenPort = 51820, FwMark = 1 },
            Peers =
            [
                new PeerSection
                {
                    PublicKey = key,
                    Name = "laptop",
                    PresharedKey = SecretKey.Random(),
                    AllowedIPs = [IPNetwork.Parse("10.0.0.0/24"), IPNetwork.Parse("fd00::/64")],
                    Endpoint = new HostEndpoint("vpn.example", 51821),
                    PersistentKeepalive = 25,
                },
            ],
        };

        using var change = TunnelChange.From(config, new Dictionary<PublicKey, IPEndPoint> { [key] = IPEndPoint.Parse("192.0.2.1:51821") });
        config.Dispose();

        Assert.False(change.PrivateKey!.IsZero);
        Assert.Equal((ushort)51820, change.ListenPort);
        Assert.Equal(1u, change.FwMark);
        Assert.True(change.ReplacePeers);
        var peer = Assert.Single(change.Peers);
        Assert.Equal((key, "laptop", IPEndPoint.Parse("192.0.2.1:51821"), (ushort?)25), (peer.PublicKey, peer.Name, peer.Endpoint, peer.PersistentKeepalive));
        Assert.False(peer.PresharedKey!.IsZero);
        Assert.Equal(["10.0.0.0/24", "fd00::/64"], peer.AllowedIPs.Select(a => a.Prefix.ToString()));
    }
}
