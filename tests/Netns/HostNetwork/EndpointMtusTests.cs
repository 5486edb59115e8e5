using System.Net;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Tests.HostNetwork;

public sealed class EndpointMtusTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_two = IPAddress.Parse("192.0.2.2");

    /// <summary>Listing all routes at each change would make it grow with them.</summary>
    [Fact]
    public void Each_way_is_looked_up_once_and_the_default_route_when_no_way_counts()
    {
        var asked = new List<string>();
        var mtus = new EndpointMtus(endpoint => Ask($"{endpoint}", endpoint.Equals(s_one) ? 1400 : null), () => Ask("default", 1500));
        Assert.Equal(1500, mtus.FindSmallest());
        for (var i = 0; i < 3; i++)
            mtus.Add(s_two);
        Assert.Equal(1500, mtus.FindSmallest());
        mtus.Add(s_one);
        mtus.Add(s_one);
        mtus.Remove(s_one);
        Assert.Equal(1400, mtus.FindSmallest());
        mtus.Remove(s_one);
        mtus.Remove(IPAddress.Loopback);
        Assert.Equal(1500, mtus.FindSmallest());
        Assert.Equal(["default", "192.0.2.2", "192.0.2.1"], asked);

        int? Ask(string what, int? answer)
        {
            asked.Add(what);
            return answer;
        }
    }
}
