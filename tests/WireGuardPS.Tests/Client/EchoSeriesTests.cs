using System.Net;
using WireGuard.Client;

namespace WireGuard.Tests.Client;

public sealed class EchoSeriesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(2.0, 2.0)]
    [InlineData(2.5, 3.0, 1.0, 2.0, 9.0)]
    [InlineData(3.0, 9.0, 1.0, 3.0)]
    public void The_median_is_the_middle(double? median, params double[] times) => Assert.Equal(median, EchoSeries.Median(times));

    [Fact]
    public async Task Loopback_answers_each()
    {
        var times = await EchoSeries.RunAsync(IPAddress.Loopback, 3, 56, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(30), CancellationToken.None);

        Assert.Equal(3, times.Count);
        Assert.All(times, time => Assert.True(time > 0));
    }
}
