using System.Diagnostics;

namespace WireGuard.Tests;

/// <summary>Waiting for what happens in its own time; the limit only ends a test that would hang.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <param name="what">For the failure: what did not happen.</param>
    public static void True(Func<bool> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > s_limit)
                throw new TimeoutException($"Did not happen: {what}");
            Thread.Sleep(2);
        }
    }
}
