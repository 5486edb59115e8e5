using Xunit.Sdk;

namespace WireGuard.Tests;

public sealed class AllocationMeterTests
{
    private object? _kept;

    [Theory]
    [InlineData(1)]
    [InlineData(AllocationMeter.RoundsPerWindow)]
    public void One_object_in_every_round_or_every_window_is_caught(int every)
    {
        var round = 0;
        Assert.Throws<TrueException>(() => AllocationMeter.AssertNothingAllocated(() =>
        {
            if (++round % every == 0)
                _kept = new object();
        }));
        Assert.NotNull(_kept);
    }

    [Fact]
    public void What_is_allocated_once_is_forgiven_whenever_it_comes()
    {
        var round = 0;
        var rounds = AllocationMeter.AssertNothingAllocated(() =>
        {
            if (++round == AllocationMeter.RoundsPerWindow * 5 / 2)
                _kept = new byte[3272];
        });
        Assert.Equal(round, rounds);
    }
}
