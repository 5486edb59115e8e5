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

    [Theory]
    [InlineData("laptop", "laptop")]
    [InlineData("Ägypten 東京 👍", "Ägypten 東京 👍")]
    [InlineData("a\u202Ebc\u2066", "a\\u{202E}bc\\u{2066}")]
    [InlineData("a\u001b[31m\n", "a\\u{1B}[31m\\u{A}")]
    [InlineData("a\u2028b\u00ADc", "a\\u{2028}b\\u{AD}c")]
    [InlineData(null, "")]
    public void Names_of_others_move_no_cursor_and_turn_no_line(string? name, string expected)
    {
        Assert.Equal(expected, WgDisplay.Text(name));
        Assert.Equal(expected.Length == 0 ? "m0qyo6rg…" : expected, WgDisplay.Peer(name, "m0qyo6rg2ZMIrDkYVAW0rDmFVnF1hUqRdsyTZ9WbLgU="));
    }

    [Theory]
    [InlineData("", 23, "")]
    [InlineData("10.0.0.2/32", 23, "10.0.0.2/32")]
    [InlineData("10.0.0.2/32 fd00::/64", 23, "10.0.0.2/32, fd00::/64")]
    [InlineData("10.0.0.2/32 fd00::/64 10.1.0.0/16", 23, "10.0.0.2/32, +2")]
    [InlineData("10.0.0.2/32 10.0.0.3/32", 23, "10.0.0.2/32, +1")]
    [InlineData("2001:db8:1111:2222:3333:4444:5555:6666/128 10.0.0.3/32", 23, "2001:db8:1111:2222…, +1")]
    [InlineData("2001:db8:1111:2222:3333:4444:5555:6666/128", 23, "2001:db8:1111:2222:333…")]
    public void Lists_say_what_fits_and_how_many_more_there_are(string items, int width, string expected)
    {
        var shown = WgDisplay.List(items.Split(' ', StringSplitOptions.RemoveEmptyEntries), width);
        Assert.Equal(expected, shown);
        Assert.True(shown.Length <= width);
    }

    [Theory]
    [InlineData("192.0.2.1:51820", "192.0.2.1:51820")]
    [InlineData("[2001:db8::7]:51820", "[2001:db8::7]:51820")]
    [InlineData("[2001:db8:1111:2222:3333:4444:5555:6666]:51820", "[2001:db8:1111:22…]:51820")]
    [InlineData("a-very-long-name.of-a-host.example.org:51820", "a-very-long-name.o…:51820")]
    [InlineData(null, "")]
    public void Endpoints_keep_their_port(string? endpoint, string expected) => Assert.Equal(expected, WgDisplay.Endpoint(endpoint, 25));
}
