using WireGuard.Engine.HostNetwork;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.HostNetwork;

public sealed class RestorePaceTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void What_is_taken_away_again_and_again_is_set_again_more_and_more_seldom_and_never_less_than_every_five_seconds()
    {
        var pace = new RestorePace(_time);
        List<double> pauses = [];
        for (var i = 0; i < 9; i++)
        {
            pace.Restored();
            pauses.Add(pace.Next().TotalSeconds);
            Assert.Equal(i >= 6, pace.Contention.Contains("every 5 s at the most", StringComparison.Ordinal));
            _time.Advance(pace.Next());
        }

        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5], pauses);
    }

    [Fact]
    public void A_quiet_minute_ends_it()
    {
        var pace = new RestorePace(_time);
        for (var i = 0; i < 9; i++)
            pace.Restored();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(5, pace.Next().TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0.1, pace.Next().TotalSeconds);
        pace.Restored();
        Assert.Equal((0.1, ""), (pace.Next().TotalSeconds, pace.Contention));
    }

    /// <summary>Nothing happens in a quiet minute, so that nobody asks for the pause in it.</summary>
    [Fact]
    public void A_quiet_minute_that_ends_with_the_next_time_ends_it_too()
    {
        var pace = new RestorePace(_time);
        for (var i = 0; i < 9; i++)
            pace.Restored();
        Assert.Equal(5, pace.Next().TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(65));
        pace.Restored();
        Assert.Equal((0.1, ""), (pace.Next().TotalSeconds, pace.Contention));
        _time.Advance(TimeSpan.FromSeconds(1));
        pace.Restored();
        Assert.Equal(0.2, pace.Next().TotalSeconds);
    }
}
