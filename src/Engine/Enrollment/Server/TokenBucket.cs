namespace WireGuard.Engine.Enrollment;

/// <summary>So many a second, and as many at once.</summary>
internal sealed class TokenBucket(int perSecond)
{
    private const long Second = 1_000_000_000;

    private readonly long _cost = Second / perSecond;
    private long _wholeAt = long.MinValue;

    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool TryTake(long now)
    {
        var from = Math.Max(_wholeAt, now);
        if (from + _cost > now + Second)
            return false;
        _wholeAt = from + _cost;
        return true;
    }
}
