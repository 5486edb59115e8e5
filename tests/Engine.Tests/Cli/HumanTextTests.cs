using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

public class HumanTextTests
{
    [Theory]
    [InlineData(0UL, "0 B")]
    [InlineData(1023UL, "1023 B")]
    [InlineData(1024UL, "1.00 KiB")]
    [InlineData(1536UL, "1.50 KiB")]
    [InlineData(1UL << 30, "1.00 GiB")]
    [InlineData(ulong.MaxValue, "16777216.00 TiB")]
    public void Bytes_are_shown_in_binary_units(ulong bytes, string expected) => Assert.Equal(expected, HumanText.Bytes(bytes));

    [Theory]
    [InlineData(0, "Now")]
    [InlineData(1, "1 second ago")]
    [InlineData(65, "1 minute, 5 seconds ago")]
    [InlineData(7200, "2 hours ago")]
    [InlineData(90061, "1 day, 1 hour, 1 minute, 1 second ago")]
    [InlineData(-5, "(the clock went back)")]
    public void Ages_are_shown_in_whole_units(int seconds, string expected) => Assert.Equal(expected, HumanText.Ago(TimeSpan.FromSeconds(seconds)));
}
