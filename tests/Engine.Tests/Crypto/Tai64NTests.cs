using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

public class Tai64NTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", "400000000000000a00000000")]
    [InlineData("1969-12-31T23:59:59.9999999Z", "40000000000000093b000000")] // 999,999,900 ns = 0x3B9AC99C
    [InlineData("1992-06-02T08:06:59Z", "400000002a2b2c2d00000000")]
    [InlineData("2026-11-21T05:00:00+01:00", "400000006b01174a00000000")]
    [InlineData("2020-01-01T00:00:00.0167772Z", "400000005e0be10a00000000")] // one step less 16 ns
    [InlineData("2020-01-01T00:00:00.0167773Z", "400000005e0be10a01000000")]
    public void Labels_are_seconds_from_the_epoch_and_whitened_nanoseconds(string time, string expected)
    {
        var label = new byte[Tai64N.Size];
        Tai64N.Write(label, DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(expected, Hex.Text(label));
    }

    [Fact]
    public void Byte_order_is_time_order()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        byte[] earlier = new byte[12], later = new byte[12];
        Tai64N.Write(earlier, start);
        foreach (var step in new[] { TimeSpan.FromMilliseconds(17), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(255), TimeSpan.FromDays(40_000) })
        {
            Tai64N.Write(later, start + step);
            Assert.True(Tai64N.Compare(earlier, later) < 0);
            Assert.True(Tai64N.Compare(later, earlier) > 0);
        }

        Tai64N.Write(later, start + TimeSpan.FromTicks(1));
        Assert.Equal(0, Tai64N.Compare(earlier, later));
    }
}
