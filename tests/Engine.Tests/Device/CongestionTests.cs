using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

/// <summary>Congestion marks at the entry of the tunnel (RFC 3168, section 9.1.1, full functionality).</summary>
public sealed class CongestionTests
{
    [Theory]
    [InlineData(0xB8, 0)]
    [InlineData(0xB9, 1)]
    [InlineData(0xBA, 2)]
    [InlineData(0xBB, 2)]
    public void Outside_congestion_is_told_as_a_tunnels_entry_tells_it(int inner, int outer)
    {
        Assert.Equal(outer, IpPacket.OuterEcn(TestPacket.Make("10.0.0.1", "10.0.0.2", 64, trafficClass: (byte)inner)));
        Assert.Equal(outer, IpPacket.OuterEcn(TestPacket.Make("fd00::1", "fd00::2", 64, trafficClass: (byte)inner)));
    }
}
