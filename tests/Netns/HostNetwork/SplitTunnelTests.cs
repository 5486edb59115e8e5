using WireGuard.Tests.Interop;
using WireGuard.Tests.Paths;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Networks that are left out of a tunnel that would hold them.</summary>
public sealed class SplitTunnelTests : IDisposable
{
    private const string Inside = "198.51.100.1";
    private const string Around = "198.51.100.200";
    private const string InsideIPv6 = "2001:db8:51::1";
    private const string AroundIPv6 = "2001:db8:52::1";

    private readonly PrivateDirectory _files = new();
    private readonly (Host One, Host Two) _hosts = InteropRequirement.Missing([]) is null ? Host.Pair() : default;

    private static string[] Excluded => ["--exclude-route", "198.51.100.128/25", "--exclude-route", "2001:db8:52::/47"];

    private Host One => _hosts.One;

    private Host Two => _hosts.Two;

    public void Dispose()
    {
        Two?.Dispose();
        One?.Dispose();
        _files.Dispose();
    }

    /// <param name="allowed">Default routes; or prefixes, of which nothing is left out but a part.</param>
    [InteropTheory(InteropRequirement.Tcpdump, InteropRequirement.Nft)]
    [InlineData("0.0.0.0/0, ::/0")]
    [InlineData("0.0.0.0/0, ::/0", "--kill-switch")]
    [InlineData("10.78.0.0/24, 198.51.100.0/24, 2001:db8:50::/46")]
    public void What_is_left_out_goes_around_and_the_rest_through(string allowed, params string[] more)
    {
        foreach (var address in new[] { Inside, Around, InsideIPv6, AroundIPv6 })
            Two.Namespace.Ip("addr", "add", address, "dev", "lo");
        One.Namespace.Ip("route", "add", "default", "via", "10.77.0.2");
        One.Namespace.Ip("-6", "route", "add", "default", "via", "fd77::2");
        One.AwaitIPv6(Two);
        var before = HostPicture.Take(One.Namespace);
        Two.Engine("up", _files.Write(Two.Interface + ".conf", Two.ConfigFor(One, withEndpoint: false)));
        var config = One.ConfigFor(Two, withEndpoint: true).Replace($"{Two.InnerIPv4}/32, {Two.InnerIPv6}/128", allowed, StringComparison.Ordinal);
        var report = One.Up(_files.Write(One.Interface + ".conf", config), [.. Excluded, .. more]);
        Assert.True(report.Ready, report.Message);

        using var wire = new PacketCapture(One.Namespace, "eth0", "icmp", "or", "icmp6");
        foreach (var address in new[] { Inside, Around, InsideIPv6, AroundIPv6 })
            One.Namespace.Run("ping", "-n", "-q", "-c", "2", "-i", "0.2", "-w", "15", address);
        wire.Await(Around);
        wire.Await(AroundIPv6);
        Assert.DoesNotContain(wire.Packets, packet => packet.Contains($"{Inside}:") || packet.Contains($"{InsideIPv6}:") || packet.Contains($"{InsideIPv6} "));

        Signals.Send(report.ProcessId, Signals.Kill);
        Eventually.True(() => One.Namespace.IpJson("link").All(link => link.GetProperty("ifname").GetString() != One.Interface), "the engine is gone");
        One.Engine("down", One.Interface);
        Assert.Equal(before, HostPicture.Take(One.Namespace));
    }
}
