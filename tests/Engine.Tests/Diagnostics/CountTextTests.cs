using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

public class CountTextTests
{
    [Theory]
    [InlineData(0, "0 peers")]
    [InlineData(1, "1 peer")]
    [InlineData(2, "2 peers")]
    public void One_is_told_as_one(int count, string expected) => Assert.Equal(expected, CountText.Of(count, "peer"));
}
