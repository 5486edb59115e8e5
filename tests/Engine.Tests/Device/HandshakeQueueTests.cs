using System.Diagnostics;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Device;

public sealed class HandshakeQueueTests
{
    /// <summary>A worker that comes back too early looks at its timers, finds none due, and burns the processor until one is.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(1700)]
    public void Nobody_is_woken_before_the_time_is_over(int microseconds)
    {
        var queue = new HandshakeQueue();
        var time = TimeSpan.FromMicroseconds(microseconds);
        for (var i = 0; i < 20; i++)
        {
            var start = Stopwatch.GetTimestamp();
            queue.Wait(time);
            Assert.InRange(Stopwatch.GetElapsedTime(start), time, TimeSpan.MaxValue);
        }
    }
}
