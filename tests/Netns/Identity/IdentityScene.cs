using System.Diagnostics;
using System.Net;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Identity;

/// <summary>
/// A tunnel between two hosts and a station behind the second one, to which the kernel sends whole packets only. Applications
/// run on the first host, where the kernel makes super-packets, and on the station; taps see both ends of the tunnel and what
/// comes to the station.
/// </summary>
internal sealed class IdentityScene : IDisposable
{
    /// <summary>An end that our engine makes, with offloads and without.</summary>
    public const string On = "on", Off = "off";

    private const string StationLink = "behind";
    private static readonly TimeSpan s_lastPacket = TimeSpan.FromSeconds(2);

    private readonly List<IDisposable> _owned = [];
    private readonly PacketTap _oneTun;
    private readonly PacketTap _twoTun;
    private readonly PacketTap _station;
    private readonly bool _oneIsOurs;
    private readonly bool _twoIsOurs;

    /// <param name="one"><see cref="On"/>, <see cref="Off"/>, or another implementation's program.</param>
    /// <param name="two">The same.</param>
    public IdentityScene(string one, string two)
    {
        try
        {
            var (hostOne, hostTwo) = Host.Pair();
            One = Own(hostOne);
            Two = Own(hostTwo);
            Station = Own(NetworkNamespace.Create());
            Two.Namespace.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
            Two.Namespace.ConnectTo(Station, StationLink, ["10.88.0.1/24", "fd88::1/64"], "eth0", ["10.88.0.2/24", "fd88::2/64"]);
            LinkOffloads.TurnOff(Two.Namespace, StationLink);
            Station.Ip("route", "add", "default", "via", "10.88.0.1");
            Station.Ip("-6", "route", "add", "default", "via", "fd88::1");

            (_oneIsOurs, _twoIsOurs) = (IsOurs(one), IsOurs(two));
            var tunnelOne = Start(One, one);
            var tunnelTwo = Start(Two, two);
            tunnelOne.SetPeer(Two, Two.OuterEndpoint(overIPv6: false), null);
            tunnelTwo.SetPeer(One, One.OuterEndpoint(overIPv6: false), null);
            One.Namespace.Run("wg", "set", One.Interface, "peer", Two.Keys.PublicKey, "allowed-ips", $"{Two.InnerIPv4}/32,{Two.InnerIPv6}/128,10.88.0.0/24,fd88::/64");
            One.Namespace.Ip("route", "add", "10.88.0.0/24", "dev", One.Interface);
            One.Namespace.Ip("-6", "route", "add", "fd88::/64", "dev", One.Interface);
            // Neighbours are found and a session is there before anything counts.
            foreach (var address in StationAddresses)
                One.Namespace.Run("ping", "-n", "-q", "-i", "0.2", "-c", "1", "-w", "20", $"{address}");

            _oneTun = Own(new PacketTap(One.Namespace, One.Interface, 0));
            _twoTun = Own(new PacketTap(Two.Namespace, Two.Interface, 0));
            _station = Own(new PacketTap(Station, "eth0", 14));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public static IPAddress[] StationAddresses { get; } = [IPAddress.Parse("10.88.0.2"), IPAddress.Parse("fd88::2")];

    public Host One { get; }

    public Host Two { get; }

    public NetworkNamespace Station { get; }

    /// <summary>All that left one end came out at the other, byte for byte, and so on to the station, where every checksum is right.</summary>
    public void AssertIdentical()
    {
        // Newer wireguard-go numbers anew what it joins.
        Func<byte[], byte[]> there = _twoIsOurs ? Whole : IpText.WithoutIdentification;
        Func<byte[], byte[]> back = _oneIsOurs ? Whole : IpText.WithoutIdentification;
        AssertSame(() => Wire(_oneTun, outgoing: true).Select(there), () => Wire(_twoTun, outgoing: false).Select(there), "there");
        AssertSame(() => Wire(_twoTun, outgoing: true).Select(back), () => Wire(_oneTun, outgoing: false).Select(back), "back");
        AssertSame(() => Wire(_oneTun, outgoing: true).Select(IpText.Forwarded).Select(there), () => Wire(_station, outgoing: false).Select(there), "at the station");
        Assert.All(Between(_station, outgoing: false), packet => Assert.True(packet.IsWhole, "A packet came to the station with work left to do."));
        foreach (var tap in new[] { _oneTun, _twoTun, _station })
        {
            foreach (var outgoing in new[] { true, false })
                Assert.All(Wire(tap, outgoing), packet => Assert.True(IpText.IsRight(packet), Convert.ToHexString(packet)));
            tap.AssertNothingMissed();
        }
    }

    /// <summary>Whether super-packets of a protocol entered the tunnel at its first end, and came out at its second.</summary>
    public (bool In, bool Out) SuperPackets(byte protocol) => (
        Between(_oneTun, outgoing: true).Any(p => p.IsSuper && IpText.Transport(p.Bytes).Protocol == protocol),
        Between(_twoTun, outgoing: false).Any(p => p.IsSuper && IpText.Transport(p.Bytes).Protocol == protocol));

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    /// <summary>In each flow what came is what was sent, in that order. The little that a busy machine loses on the way was sent again.</summary>
    private static void AssertSame(Func<IEnumerable<byte[]>> sent, Func<IEnumerable<byte[]>> received, string where)
    {
        string? difference;
        // Taps are read one after the other, and what a wire still carries is in one of them only.
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            List<byte[]> came = [.. received()];
            List<byte[]> went = [.. sent()];
            difference = Difference(went, came);
            var elapsed = Stopwatch.GetElapsedTime(start);
            if (difference is null && (came.Count == went.Count || elapsed > s_lastPacket))
                return;
            Assert.True(elapsed < 3 * s_lastPacket, $"{where}: {difference}");
            Thread.Sleep(20);
        }
    }

    private static string? Difference(List<byte[]> sent, List<byte[]> received)
    {
        var flows = sent.ToLookup(IpText.Flow, Convert.ToHexString);
        foreach (var flow in received.GroupBy(IpText.Flow, Convert.ToHexString))
        {
            using var expected = flows[flow.Key].GetEnumerator();
            foreach (var packet in flow)
            {
                var isThere = false;
                while (!isThere && expected.MoveNext())
                    isThere = expected.Current == packet;
                if (!isThere)
                    return $"no such packet was sent, or not so late: {packet}";
            }
        }

        return received.Count >= sent.Count * 9 / 10 ? null : $"{received.Count} packets came of {sent.Count}";
    }

    private static bool IsOurs(string end) => end is On or Off;

    private static byte[] Whole(byte[] packet) => packet;

    private IEnumerable<byte[]> Wire(PacketTap tap, bool outgoing) => Between(tap, outgoing).SelectMany(p => p.ToWire());

    private IEnumerable<TappedPacket> Between(PacketTap tap, bool outgoing) => tap.Packets.Where(p => p.IsOutgoing == outgoing
        && (IpText.IsBetween(p.Bytes, One.InnerIPv4, StationAddresses[0]) || IpText.IsBetween(p.Bytes, One.InnerIPv6, StationAddresses[1])));

    private BareTunnel Start(Host host, string end)
    {
        if (IsOurs(end))
            host.LimitOffloads(end);
        return Own(BareTunnel.Start(host, IsOurs(end) ? InteropRequirement.Engine! : end));
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
