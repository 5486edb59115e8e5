using System.Net;
using WireGuard.Client;

namespace WireGuard.Tests.Client;

public sealed class PathMtuTests
{
    [Fact]
    public void The_system_knows_what_fits_through_loopback()
    {
        var mtu = int.Parse(File.ReadAllText("/sys/class/net/lo/mtu"), System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(Math.Min(mtu, 65535), PathMtu.To(new IPEndPoint(IPAddress.Loopback, 9), 0));
    }

    [Fact]
    public void Our_own_network_namespace_is_not_anothers() => Assert.False(EngineNamespace.IsAnothers(Environment.ProcessId));
}
