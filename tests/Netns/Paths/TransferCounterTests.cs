using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>Every byte is counted as the kernel driver counts it, by whomever one asks.</summary>
public class TransferCounterTests
{
    private const ulong Initiation = 148;
    private const ulong Response = 92;
    private const ulong Keepalive = 32;

    /// <summary>20 + 8 + 56 bytes, padded to 96, with 32 around them.</summary>
    private const ulong Ping = 128;

    private const ulong Pings = 10;

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine, true)]
    [InlineData(TunnelPair.SameEngine, false)]
    [InlineData(TunnelPair.Plain, false)]
    [InlineData(InteropRequirement.WireGuardGo, true)]
    [InlineData(InteropRequirement.WireGuardGo, false)]
    public void Ten_pings_are_counted_to_the_byte(string other, bool engineInitiates)
    {
        using var pair = TunnelPair.Start(other, oneKnowsTwo: engineInitiates);
        // Nothing but the pings: no neighbour discovery, no multicast reports.
        foreach (var host in new[] { pair.One, pair.Two })
            host.Namespace.Run("sysctl", "-qw", $"net.ipv6.conf.{host.Interface}.disable_ipv6=1");
        var (initiator, responder) = engineInitiates ? (pair.One, pair.Two) : (pair.Two, pair.One);
        Assert.Equal((0ul, 0ul), pair.One.Transfer());
        var linkBefore = Link(pair.One);
        Traffic.Ping(initiator, responder.InnerIPv4, (int)Pings);

        const ulong asked = Initiation + (Pings * Ping);
        const ulong answered = Response + (Pings * Ping);
        Assert.Equal(1428ul, asked);
        Assert.Equal(1372ul, answered);
        Eventually.True(() => initiator.Transfer().Received == answered && responder.Transfer().Received >= asked, "all is counted");
        Assert.Contains(initiator.Transfer().Sent, new[] { asked, asked + Keepalive });
        Assert.Equal(answered, responder.Transfer().Sent);
        Assert.Contains(responder.Transfer().Received, new[] { asked, asked + Keepalive });

        // The link counts inner packets: ten of 84 bytes each way.
        var link = Link(pair.One);
        Assert.Equal([10, 840, 10, 840], link.Zip(linkBefore, (now, before) => now - before));

        var wg = pair.One.Transfer();
        var peer = Assert.Single(ControlClient.GetTunnel(pair.One).Peers);
        Assert.Equal(wg, (peer.RxBytes, peer.TxBytes));
    }

    private static long[] Link(Host host) =>
        [.. new[] { "rx_packets", "rx_bytes", "tx_packets", "tx_bytes" }.Select(counter => TunnelPair.Statistic(host.Namespace, host.Interface, counter))];
}
