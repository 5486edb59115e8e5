using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>What the system is told about datagrams, and what the network sees of inner packets' marks.</summary>
public class MarkingTests
{
    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void A_rule_for_the_firewall_mark_steers_the_datagrams_while_it_is_set(string other)
    {
        using var pair = TunnelPair.Start(other);
        pair.AddCable();
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        pair.One.Namespace.Ip("route", "add", "10.77.0.2/32", "via", "10.79.0.2", "dev", "eth1", "table", "51");
        pair.One.Namespace.Ip("rule", "add", "fwmark", "0x51", "lookup", "51");
        Assert.Equal(0, SentOverEth1(pair));

        TunnelPair.Set(pair.One, "fwmark", "0x51");
        Assert.Equal("0x51", pair.One.WgShow("fwmark").Single().Single());
        // Datagrams that leave in one batch are one packet to the device.
        Assert.InRange(SentOverEth1(pair), 1, 15);
        TunnelPair.Set(pair.One, "fwmark", "off");
        Assert.Equal(0, SentOverEth1(pair));
    }

    [InteropFact]
    public void A_program_bound_to_the_tunnels_device_gets_through()
    {
        using var pair = TunnelPair.Start();
        // No route leads there but the device's own.
        pair.Two.Namespace.Ip("addr", "add", "10.81.0.2/32", "dev", "lo");
        TunnelPair.Set(pair.One, "peer", pair.Two.Keys.PublicKey, "endpoint", pair.Two.OuterEndpoint(overIPv6: false), "allowed-ips", "10.78.0.2/32,10.81.0.2/32");
        var unbound = pair.One.Namespace.TryRun("ping", "-n", "-q", "-c", "1", "-W", "1", "10.81.0.2");
        Assert.NotEqual(0, unbound.ExitCode);
        pair.One.Namespace.Ip("route", "add", "10.81.0.2/32", "dev", "eth0", "metric", "1");
        pair.One.Namespace.Ip("route", "add", "10.81.0.2/32", "dev", pair.One.Interface, "metric", "2");
        var bound = pair.One.Namespace.TryRun("ping", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "10", "-I", pair.One.Interface, "10.81.0.2");
        Assert.Contains("3 packets transmitted, 3 received", bound.Output);
    }

    [InteropTheory(InteropRequirement.Tcpdump)]
    [InlineData(TunnelPair.SameEngine, false)]
    [InlineData(TunnelPair.SameEngine, true)]
    [InlineData(TunnelPair.Plain, false)]
    [InlineData(TunnelPair.Plain, true)]
    public void Outside_only_congestion_is_told_and_handshakes_are_marked(string other, bool overIPv6)
    {
        using var pair = TunnelPair.Start(other);
        TunnelPair.Set(pair.Two, "peer", pair.One.Keys.PublicKey, "endpoint", pair.One.OuterEndpoint(overIPv6));
        using var wire = new PacketCapture(pair.One.Namespace, "eth0", "udp", "and", "port", $"{pair.One.ListenPort}");
        // DSCP 46 with each of the codes that say "understands ECN", and one alone.
        foreach (var octet in new[] { 0xB9, 0xBA, 0xB8 })
            pair.Two.Namespace.Run("ping", "-n", "-q", "-c", "1", "-W", "10", "-Q", $"{octet}", $"{pair.One.InnerIPv4}");
        // An initiation and a response, AF41; then requests and answers, whose octet the kernel's echo copies.
        var handshakeLengths = new[] { "length 148", "length 92" };
        foreach (var length in handshakeLengths)
            wire.Await(length, Outer(overIPv6, 0x88));
        foreach (var ecn in new[] { 1, 2 })
            wire.Await("length 128", Outer(overIPv6, ecn));
        Eventually.True(() => wire.Packets.Count(p => p.Contains("length 128")) == 6, "three requests and three answers");
        Assert.Equal(2, wire.Packets.Count(p => p.Contains(Outer(overIPv6, 0x88))));
        Assert.DoesNotContain(wire.Packets, p => new[] { 0xB8, 0xB9, 0xBA }.Any(octet => p.Contains(Outer(overIPv6, octet))));
    }

    [InteropTheory(InteropRequirement.Tcpdump, InteropRequirement.Nft)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(TunnelPair.Plain)]
    public void Congestion_that_the_network_marks_is_handed_to_inner_packets_that_understand_it(string other)
    {
        using var pair = TunnelPair.Start(other);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 1);
        pair.Two.Namespace.Run("nft", $"add table ip marks; add chain ip marks out {{ type filter hook postrouting priority 0; }}; add rule ip marks out udp dport {pair.One.ListenPort} ip ecn set ce");
        using var inside = new PacketCapture(pair.One.Namespace, pair.One.Interface, "icmp[icmptype]", "==", "icmp-echo");
        foreach (var octet in new[] { 0x02, 0x01, 0x00 })
            pair.Two.Namespace.Run("ping", "-n", "-q", "-c", "1", "-W", "10", "-Q", $"{octet}", "-s", $"{100 + octet}", $"{pair.One.InnerIPv4}");
        inside.Await("tos 0x3", "length 110");
        inside.Await("tos 0x3", "length 109");
        inside.Await("tos 0x0", "length 108");
    }

    private static long SentOverEth1(TunnelPair pair)
    {
        // Neighbours are asked for before, so that only the tunnel's packets are counted.
        pair.One.Namespace.Run("ping", "-n", "-q", "-c", "1", "-W", "5", "10.79.0.2");
        foreach (var host in new[] { pair.One, pair.Two })
            host.Namespace.Run("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1");
        var before = TunnelPair.Statistic(pair.One.Namespace, "eth1", "tx_packets");
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);
        return TunnelPair.Statistic(pair.One.Namespace, "eth1", "tx_packets") - before;
    }

    private static string Outer(bool overIPv6, int octet) => overIPv6
        ? octet == 0 ? "(flowlabel" : $"class 0x{octet:x2}"
        : $"(tos 0x{octet:x},";
}
