using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>Where datagrams leave from and go to when addresses, ports and routes change under a running session.</summary>
public class RoamingTests
{
    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    [InlineData(TunnelPair.OneLane)]
    [InlineData(TunnelPair.FourLanes)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void Answers_leave_from_the_address_that_was_contacted(string other)
    {
        using var pair = TunnelPair.Start(other);
        var netns = pair.One.Namespace;
        netns.Ip("addr", "add", "10.77.0.11/24", "dev", "eth0");
        netns.Ip("addr", "add", "fd77::11/64", "dev", "eth0", "nodad");
        netns.Ip("link", "add", "elsewhere", "type", "veth", "peer", "name", "nowhere");
        netns.Ip("link", "set", "nowhere", "up");
        netns.Ip("link", "set", "elsewhere", "up");
        netns.Ip("addr", "add", "10.50.0.1/24", "dev", "elsewhere");
        netns.Ip("addr", "add", "fd50::1/64", "dev", "elsewhere", "nodad");
        pair.Two.Namespace.Ip("route", "add", "10.50.0.0/24", "via", "10.77.0.1");
        pair.Two.Namespace.Ip("route", "add", "fd50::/64", "via", "fd77::1");
        foreach (var address in new[] { "10.77.0.1", "10.77.0.11", "10.50.0.1", "[fd77::1]", "[fd77::11]", "[fd50::1]" })
        {
            var endpoint = $"{address}:{pair.One.ListenPort}";
            TunnelPair.Set(pair.Two, "peer", pair.One.Keys.PublicKey, "endpoint", endpoint);
            Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
            Traffic.Ping(pair.One, pair.Two.InnerIPv6, 3);
            // Had an answer come from elsewhere, the peer would have moved there.
            Assert.Equal(endpoint, TunnelPair.EndpointKnownTo(pair.Two));
        }
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    [InlineData(TunnelPair.OneLane)]
    [InlineData(TunnelPair.FourLanes)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void An_address_that_is_removed_is_left_without_a_loss(string other)
    {
        using var pair = TunnelPair.Start(other);
        foreach (var (added, kept) in new[] { ("10.77.0.11/24", "10.77.0.1"), ("fd77::11/64", "[fd77::1]") })
        {
            var address = added.Split('/')[0];
            var isIPv6 = address.Contains(':');
            pair.One.Namespace.Ip(["addr", "add", added, "dev", "eth0", .. isIPv6 ? new[] { "nodad", "preferred_lft", "0" } : []]);
            TunnelPair.Set(pair.Two, "peer", pair.One.Keys.PublicKey, "endpoint", $"{(isIPv6 ? $"[{address}]" : address)}:{pair.One.ListenPort}");
            Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);

            pair.One.Namespace.Ip("addr", "del", added, "dev", "eth0");
            Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
            Assert.Equal($"{kept}:{pair.One.ListenPort}", TunnelPair.EndpointKnownTo(pair.Two));
        }
    }

    // Not with wireguard-go: it answers over the interface that it was asked by, so that the old source is on the way again.
    [InteropFact]
    public void A_better_route_takes_its_own_source_and_another_route_changes_nothing()
    {
        using var pair = TunnelPair.Start();
        pair.AddCable();
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);

        pair.One.Namespace.Ip("route", "add", "10.99.0.0/16", "via", "10.79.0.2", "dev", "eth1");
        for (var i = 0; i < 10; i++)
        {
            Traffic.Ping(pair.One, pair.Two.InnerIPv4, 1);
            Assert.Equal(pair.One.OuterEndpoint(overIPv6: false), TunnelPair.EndpointKnownTo(pair.Two));
            Thread.Sleep(20);
        }

        pair.One.Namespace.Ip("route", "add", "10.77.0.2/32", "via", "10.79.0.2", "dev", "eth1", "src", "10.79.0.1");
        Eventually.True(() =>
        {
            Traffic.Ping(pair.One, pair.Two.InnerIPv4, 1);
            return TunnelPair.EndpointKnownTo(pair.Two) == $"10.79.0.1:{pair.One.ListenPort}";
        }, "datagrams leave from the new route's source");
        Traffic.PingBothWays(pair.One, pair.Two, 10);
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    [InlineData(TunnelPair.OneLane)]
    [InlineData(TunnelPair.FourLanes)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void A_peer_that_moves_is_followed_by_its_first_data_packet(string other)
    {
        using var pair = TunnelPair.Start(other);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        var before = pair.One.Transfer();

        pair.Two.Namespace.Ip("addr", "add", "10.77.0.22/24", "dev", "eth0");
        pair.Two.Namespace.Ip("addr", "del", "10.77.0.2/24", "dev", "eth0");
        // Its network's other addresses went with the first.
        pair.Two.Namespace.Ip("addr", "replace", "10.77.0.22/24", "dev", "eth0");
        TunnelPair.Set(pair.Two, "listen-port", "51999");
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 1);
        Assert.Equal("10.77.0.22:51999", TunnelPair.EndpointKnownTo(pair.One));
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 1);
        // Two requests and two answers of 64 + 20 bytes, padded to 96: no handshake was needed.
        Eventually.True(() => pair.One.Transfer().Received >= before.Received + 256, "everything arrived");
        Assert.InRange(pair.One.Transfer().Sent - before.Sent, 256ul, 256ul + 64);
    }

    [InteropFact]
    public void The_source_of_inner_packets_must_be_the_peers_own_but_the_endpoint_follows_any()
    {
        using var pair = TunnelPair.Start();
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        pair.Two.Namespace.Ip("addr", "add", "10.78.0.77/32", "dev", pair.Two.Interface);
        var delivered = TunnelPair.Statistic(pair.One.Namespace, pair.One.Interface, "rx_packets");
        TunnelPair.Set(pair.Two, "listen-port", "51999");

        var result = pair.Two.Namespace.TryRun("ping", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "1", "-I", "10.78.0.77", $"{pair.One.InnerIPv4}");
        Assert.Contains("3 packets transmitted, 0 received", result.Output);
        Assert.Equal("10.77.0.2:51999", TunnelPair.EndpointKnownTo(pair.One));
        Assert.Equal(delivered, TunnelPair.Statistic(pair.One.Namespace, pair.One.Interface, "rx_packets"));
        Traffic.PingBothWays(pair.One, pair.Two, 5);
    }
}
