using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;

namespace WireGuard.Client;

/// <summary>ICMP echoes to one address, one after the other.</summary>
internal static class EchoSeries
{
    /// <returns>Milliseconds of those that came back.</returns>
    /// <exception cref="PingException">The system sends none, as without leave or a way there.</exception>
    internal static async Task<IReadOnlyList<double>> RunAsync(IPAddress target, int count, int size, TimeSpan interval, TimeSpan timeout, CancellationToken cancellation)
    {
        var times = new List<double>(count);
        using var ping = new Ping();
        var content = new byte[size];
        for (var number = 0; number < count; number++)
        {
            if (number > 0)
                await Task.Delay(interval, cancellation).ConfigureAwait(false);
            // PingReply counts whole milliseconds.
            var started = Stopwatch.GetTimestamp();
            var reply = await ping.SendPingAsync(target, timeout, content, null, cancellation).ConfigureAwait(false);
            if (reply.Status == IPStatus.Success)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times;
    }

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    internal static double? Median(IReadOnlyList<double> times)
    {
        if (times.Count == 0)
            return null;
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
