using FsCheck;
using FsCheck.Fluent;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Packets;

namespace WireGuard.Tests.Models;

/// <summary>RateLimiter against the other way to tell such a share: when the next one would be due, as a leaky bucket does.</summary>
public sealed class RateLimiterModelTests
{
    private const long Millisecond = 1_000_000;
    private const long Spacing = 50 * Millisecond;
    private const long Tolerance = 4 * Spacing;

    [Fact]
    public void It_agrees_with_a_leaky_bucket_per_source() => Model.Check(Operations(sources: 6), steps => Agrees(steps, capacity: 6, mayBeFull: false));

    [Fact]
    public void A_small_table_allows_nobody_more_and_never_outgrows_its_capacity() => Model.Check(Operations(sources: 12), steps => Agrees(steps, capacity: 4, mayBeFull: true));

    private static Gen<Step> Operations(int sources) =>
        from source in Gen.Choose(0, sources - 1)
        from wait in Gen.Frequency(
            (4, Gen.Constant(0L)),
            (4, Gen.Choose(0, 60).Select(m => m * Millisecond)),
            (2, Gen.Choose(-2, 2).Select(n => Spacing + n)),
            (1, Gen.Choose(900, 1100).Select(m => m * Millisecond)))
        select new Step(source, wait);

    private static bool Agrees(Step[] steps, int capacity, bool mayBeFull)
    {
        var limiter = new RateLimiter(capacity);
        var due = new Dictionary<int, long>();
        var now = 0L;
        foreach (var step in steps)
        {
            now += step.Wait;
            var next = Math.Max(now, due.GetValueOrDefault(step.Source, now));
            var expected = next - now <= Tolerance;
            var isAllowed = limiter.TryTake(Source(step.Source), now);
            // Where the table is full, a source it does not know has to wait; nobody ever gets more than the model gives.
            var mustWait = mayBeFull && limiter.Count == capacity;
            if (limiter.Count > capacity || (isAllowed && !expected) || (!isAllowed && expected && !mustWait))
                return false;
            if (isAllowed)
                due[step.Source] = next + Spacing;
        }

        return true;
    }

    // Odd ones are IPv6: a /64 each, at changing addresses within.
    private static UdpEndpoint Source(int number) => number % 2 == 0
        ? new UdpEndpoint { Family = 4, AddressHigh = (ulong)number + 1, Port = (ushort)number }
        : new UdpEndpoint { Family = 6, AddressHigh = (ulong)number, AddressLow = (ulong)Random.Shared.NextInt64() };

    private sealed record Step(int Source, long Wait);
}
