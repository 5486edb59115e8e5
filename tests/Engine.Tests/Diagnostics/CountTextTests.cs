using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public class CountTextTests
{
    [Theory]
    [InlineData(0, "0 peers")]
    [InlineData(1, "1 peer")]
    [InlineData(2, "2 peers")]
    public void One_is_told_as_one(int count, string expected) => Assert.Equal(expected, CountText.Of(count, "peer"));

    [Fact]
    public void Several_may_be_spelled_otherwise() => Assert.Equal("2 addresses, 1 address", $"{CountText.Of(2, "address", "addresses")}, {CountText.Of(1, "address", "addresses")}");
}
