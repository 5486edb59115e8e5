namespace WireGuard.Tests.Device;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public void A_packet_crosses_two_devices_without_an_allocated_byte(int burst)
    {
        using var pair = new DevicePair();
        var packet = TestPacket.Make("10.0.0.1", "10.0.0.2", 1392);
        var buffer = new byte[2048];
        var delivered = 0;
        var rounds = AllocationMeter.AssertNothingAllocated(() => delivered += Carry(pair, packet, buffer, burst));
        Assert.Equal(rounds * burst, delivered);
    }

    private static int Carry(DevicePair pair, byte[] packet, byte[] buffer, int burst)
    {
        for (var i = 0; i < burst; i++)
            pair.A.Tun.Inject(packet);
        while (pair.A.Pump() | pair.B.Pump())
        {
        }

        var count = 0;
        while (pair.B.Tun.TryTake(buffer) >= 0)
            count++;
        return count;
    }
}
