using System.Net;
using System.Net.Sockets;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Paths;

/// <summary>The link of a running tunnel is set down and up, resized and moved.</summary>
public class InterfaceLifeTests
{
    private const int Overhead = 32;
    private const int LargestMtu = 34_736;

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void Down_frees_the_port_and_up_sends_a_keepalive(string other)
    {
        using var pair = TunnelPair.Start(other, oneKnowsTwo: true);
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        TunnelPair.Set(pair.One, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "25");
        // The first one leaves at once, and is not to be taken for one of those below.
        Eventually.True(() => pair.Two.Transfer().Received == pair.One.Transfer().Sent, "all that was sent has arrived");

        pair.One.Namespace.Ip("link", "set", pair.One.Interface, "down");
        Eventually.True(() => PortIsFree(pair.One), "the port is free");
        var before = pair.Two.Transfer().Received;
        pair.One.Namespace.Ip("link", "set", pair.One.Interface, "up");
        // A new session, since the old one was forgotten, and one keepalive on it.
        Eventually.True(() => pair.Two.Transfer().Received >= before + 148 + Overhead, "a handshake and a keepalive arrive");
        Assert.Equal(before + 148 + Overhead, pair.Two.Transfer().Received);
        Assert.False(PortIsFree(pair.One));
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 5);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 5);
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void The_MTU_changes_while_running_and_padding_stays_within_it(string other)
    {
        using var pair = TunnelPair.Start(other);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        // The first two in one datagram on the cable's 1,500 bytes, the third in two dozen fragments; 1,419 is no multiple of 16.
        foreach (var mtu in new[] { 1419, 1280, LargestMtu })
        {
            foreach (var host in new[] { pair.One, pair.Two })
                host.Namespace.Ip("link", "set", host.Interface, "mtu", $"{mtu}");
            // The engines hear of it in their own time.
            if (mtu % 16 != 0)
                Eventually.True(() => SentByOnePing(pair.One, pair.Two, mtu) == (ulong)mtu + Overhead, "a packet of the MTU's size is not padded");
            AssertPings(pair.One, pair.Two, mtu);
            AssertPings(pair.Two, pair.One, mtu);
        }

        // A route's own, smaller one, which is no multiple of 16 either.
        pair.One.Namespace.Ip("route", "add", $"{pair.Two.InnerIPv4}/32", "dev", pair.One.Interface, "mtu", "1301");
        if (other == TunnelPair.SameEngine)
            Eventually.True(() => SentByOnePing(pair.One, pair.Two, 1301) == 1301 + Overhead, "a packet of the route's MTU is not padded");
        AssertPings(pair.One, pair.Two, 1301);
        pair.One.Namespace.Ip("route", "del", $"{pair.Two.InnerIPv4}/32", "dev", pair.One.Interface);

        foreach (var host in new[] { pair.One, pair.Two })
            host.Namespace.Ip("link", "set", "eth0", "mtu", "65535");
        AssertPings(pair.One, pair.Two, LargestMtu);
        AssertPings(pair.Two, pair.One, LargestMtu);
    }

    [InteropTheory(InteropRequirement.WireGuardGo)]
    [InlineData(TunnelPair.SameEngine)]
    [InlineData(InteropRequirement.WireGuardGo)]
    public void A_link_in_another_namespace_uses_the_sockets_where_they_were_born(string other)
    {
        using var pair = TunnelPair.Start(other, oneKnowsTwo: true);
        using var container = NetworkNamespace.Create();
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);

        pair.One.Namespace.Ip("link", "set", pair.One.Interface, "netns", container.Name);
        container.Ip("addr", "add", $"{pair.One.InnerIPv4}/24", "dev", pair.One.Interface);
        container.Ip("link", "set", pair.One.Interface, "up");
        Assert.False(PortIsFree(pair.One));
        AssertAnswered(container, pair.Two.InnerIPv4);
        Traffic.Ping(pair.Two, pair.One.InnerIPv4, 3);
        // The container has no other way out, and wg(8) needs none in.
        Assert.Equal(2, container.IpJson("link", "show").Count);
        Assert.Equal(pair.Two.OuterEndpoint(overIPv6: false), TunnelPair.EndpointKnownTo(pair.One));

        container.Ip("link", "set", pair.One.Interface, "down");
        Eventually.True(() => PortIsFree(pair.One), "down in the container closes the sockets outside");
        container.Ip("link", "set", pair.One.Interface, "up");
        AssertAnswered(container, pair.Two.InnerIPv4);

        container.Ip("link", "delete", pair.One.Interface);
        pair.TunnelOne.WaitForExit();
    }

    private static void AssertAnswered(NetworkNamespace from, IPAddress to)
    {
        using var probe = from.Invoke(() => new EchoProbe(to));
        // The link may still be on its way up when the first one is sent.
        Eventually.True(() => probe.Run(1, TimeSpan.FromMilliseconds(2))[0] == 1, $"{to} answers");
        Traffic.AssertAllAnswered(probe.Run(5, TimeSpan.FromMilliseconds(2)));
    }

    private static void AssertPings(Host from, Host to, int size)
    {
        var result = from.Namespace.TryRun("ping", "-n", "-q", "-M", "do", "-c", "3", "-i", "0.1", "-W", "5", "-s", $"{size - 28}", $"{to.InnerIPv4}");
        Assert.True(result.ExitCode == 0 && result.Output.Contains(" 3 received"), $"{size} bytes: {result.Output}{result.Error}");
    }

    private static ulong SentByOnePing(Host from, Host to, int size)
    {
        var before = from.Transfer().Sent;
        from.Namespace.Run("ping", "-n", "-q", "-M", "do", "-c", "1", "-W", "5", "-s", $"{size - 28}", $"{to.InnerIPv4}");
        return from.Transfer().Sent - before;
    }

    private static bool PortIsFree(Host host) => host.Namespace.Invoke(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, host.ListenPort));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    });
}
