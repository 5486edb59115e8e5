namespace WireGuard.Engine.HostNetwork;

/// <summary>How soon something is set again that somebody takes away: at once, and the more seldom the longer it goes on.</summary>
internal sealed class RestorePace(TimeProvider time)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    /// <summary>So long without having to: it is over.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(60);

    private long? _restoredAt;

    /// <summary>From one look to the next.</summary>
    public TimeSpan Pause { get; private set; } = s_shortest;

    /// <summary>For the log: how it goes on, once it is as seldom as it gets.</summary>
    public string Contention => Pause == s_longest ? $". That happens again and again: from now on it is set again every {s_longest.TotalSeconds:0} s at the most" : "";

    public void Restored()
    {
        if (_restoredAt is { } last)
            Pause = time.GetElapsedTime(last) >= s_quiet ? s_shortest : Pause * 2 < s_longest ? Pause * 2 : s_longest;
        _restoredAt = time.GetTimestamp();
    }

    /// <summary>The pause until the next look.</summary>
    public TimeSpan Next()
    {
        if (_restoredAt is { } last && time.GetElapsedTime(last) >= s_quiet)
            Pause = s_shortest;
        return Pause;
    }
}
