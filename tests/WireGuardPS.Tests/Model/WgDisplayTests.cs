namespace WireGuard.Tests.Model;

public sealed class WgDisplayTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(10_239, "10.0 KiB")]
    [InlineData(102_399, "100 KiB")]
    [InlineData(1_023_999, "0.98 MiB")]
    [InlineData(1_048_576, "1.00 MiB")]
    [InlineData(3_650_722_201, "3.40 GiB")]
    [InlineData(18_446_744_073_709_551_615, "16.0 EiB")]
    public void Bytes_have_three_figures(double bytes, string text)
    {
        Assert.Equal(text, WgDisplay.Bytes(bytes));
        Assert.True(text.Length <= 9);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m 00s")]
    [InlineData(187, "3m 07s")]
    [InlineData(3600, "1h 00m")]
    [InlineData(86_399, "23h 59m")]
    [InlineData(86_400, "1d 00h")]
    public void Ages_have_two_units(int seconds, string text) => Assert.Equal(text, WgDisplay.Age(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void No_handshake_is_never() => Assert.Equal("never", WgDisplay.Age(TimeSpan.MaxValue));

    [Theory]
    [InlineData(Keys.Peer, "xTIBA5rb…")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Keys_are_shortened(string? key, string text) => Assert.Equal(text, WgDisplay.Key(key));
}
