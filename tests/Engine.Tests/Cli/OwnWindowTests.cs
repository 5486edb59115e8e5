using WireGuard.Api;
using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

/// <summary>Which window `open` follows.</summary>
public sealed class OwnWindowTests
{
    [Fact]
    public void The_end_of_the_window_before_is_not_that_of_ones_own()
    {
        var own = new OwnWindow();
        Assert.False(own.Takes(News(EnrollmentEvents.WindowClosed)));
        Assert.False(own.IsOver);
        Assert.True(own.Takes(News(EnrollmentEvents.WindowOpened)));
        Assert.True(own.Takes(News(EnrollmentEvents.Granted)));
        Assert.False(own.IsOver);
        Assert.True(own.Takes(News(EnrollmentEvents.WindowClosed)));
        Assert.True(own.IsOver);
    }

    private static EngineEvent News(string kind) => new() { Tunnel = "wg0", Kind = kind, Time = DateTimeOffset.UnixEpoch };
}
