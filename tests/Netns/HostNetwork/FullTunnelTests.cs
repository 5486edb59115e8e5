using WireGuard.Tests.Interop;
using WireGuard.Tests.Paths;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Two engines, the first of which sends everything through the tunnel: what the wire sees, and what is left.</summary>
public sealed class FullTunnelTests : IDisposable
{
    private const string FarIPv4 = "198.51.100.1";
    /// <summary>The other end's, beyond the default route.</summary>
    private const string FarEndpoint = "203.0.113.77";

    private const string FarIPv6 = "2001:db8:51::1";

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    public void Dispose()
    {
        Two?.Dispose();
        One?.Dispose();
        _files.Dispose();
    }

    [InteropTheory(InteropRequirement.Tcpdump, InteropRequirement.Nft)]
    [InlineData(false)]
    [InlineData(true)]
    public void Everything_goes_through_the_tunnel_but_its_own_datagrams(bool overIPv6)
    {
        // The strictest filter: without the marks' return it drops the other end's answers, whose way back would be the tunnel.
        One.Namespace.Run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=1");
        Up(overIPv6);
        using var wire = new PacketCapture(One.Namespace, "eth0", "not", "arp", "and", "not", "icmp6");
        Ping(FarIPv4);
        Ping(FarIPv6);
        wire.Await($".{Two.ListenPort}");
        // ICMPv6 to the far end would be seen by its address; the filter leaves out what neighbours say to each other.
        Assert.All(wire.Packets.Where(p => p.StartsWith("IP", StringComparison.Ordinal)), p => Assert.Contains("UDP", p));
        Assert.DoesNotContain(wire.Packets, p => p.Contains(FarIPv4) || p.Contains(FarIPv6));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Down_leaves_the_host_as_it_was()
    {
        Prepare();
        var before = HostPicture.Take(One.Namespace);
        Start(overIPv6: false);
        Assert.NotEqual(before, HostPicture.Take(One.Namespace));
        One.Engine("down", One.Interface);
        Assert.Equal(before, HostPicture.Take(One.Namespace));
        Assert.Empty(Directory.GetFiles("/run/wireguard-engine", $"{One.Interface}@*"));
    }

    [InteropFact(InteropRequirement.Nft)]
    public void A_neighbour_does_not_reach_the_tunnels_address_around_the_tunnel()
    {
        Up(overIPv6: false);
        Two.Namespace.Ip("route", "add", $"{One.InnerIPv4}/32", "via", "10.77.0.1", "dev", "eth0");
        Assert.NotEqual(0, TryPing(Two, $"{One.InnerIPv4}").ExitCode);
        // It was the firewall that kept it out, and nothing else.
        One.Namespace.Run("nft", "insert", "rule", "inet", $"wireguard-engine-{One.Interface}", "preraw", "accept");
        Assert.Equal(0, TryPing(Two, $"{One.InnerIPv4}").ExitCode);
    }

    private static ProcessResult TryPing(Host from, string address) => from.Namespace.TryRun("ping", "-n", "-q", "-c", "3", "-i", "0.2", "-w", "3", address);

    private void Ping(string address) => One.Namespace.Run("ping", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "10", address);

    private void Up(bool overIPv6)
    {
        Prepare();
        Start(overIPv6);
    }

    private void Prepare()
    {
        Two.Namespace.Ip("addr", "add", $"{FarIPv4}/32", "dev", "lo");
        Two.Namespace.Ip("addr", "add", $"{FarEndpoint}/32", "dev", "lo");
        Two.Namespace.Ip("addr", "add", $"{FarIPv6}/128", "dev", "lo");
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        One.Namespace.Ip("-6", "route", "add", "default", "via", "fd77::2");
        One.AwaitIPv6(Two);
    }

    private void Start(bool overIPv6)
    {
        var everything = One.ConfigFor(Two, withEndpoint: false)
            .Replace($"AllowedIPs = {Two.InnerIPv4}/32, {Two.InnerIPv6}/128", $"AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = {(overIPv6 ? Two.OuterEndpoint(true) : $"{FarEndpoint}:{Two.ListenPort}")}");
        foreach (var (host, text) in new[] { (Two, Two.ConfigFor(One, withEndpoint: false)), (One, everything) })
        {
            var report = host.Up(_files.Write(host.Interface + ".conf", text));
            Assert.True(report.Ready, report.Message);
        }
    }
}
