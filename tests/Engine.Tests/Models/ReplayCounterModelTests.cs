using FsCheck.Fluent;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Models;

/// <summary>ReplayCounter against a set that never forgets.</summary>
public sealed class ReplayCounterModelTests
{
    private const long Window = 8128;

    [Theory]
    [InlineData(0UL)]
    [InlineData(uint.MaxValue - 5000UL)]
    [InlineData(ulong.MaxValue - 20_000)]
    public void It_agrees_with_a_plain_set(ulong start)
    {
        // How far from the newest counter: near by, at the window's edges, and one jump past it.
        var step = Gen.OneOf(
            Gen.Choose(-70, 70).Select(s => (long)s),
            Gen.Choose(-3, 3).Select(s => s - Window),
            Gen.Choose(-70, 70).Select(s => s + Window),
            Gen.Choose(-9000, 2000).Select(s => (long)s));
        Model.Check(step, steps => Agrees(start, steps));
    }

    private static bool Agrees(ulong start, long[] steps)
    {
        var counter = new ReplayCounter();
        var seen = new HashSet<ulong>();
        var newest = (Int128)start;
        foreach (var step in steps)
        {
            var at = newest + step;
            if (at < 0 || at > ulong.MaxValue)
                continue;
            var expected = at < ProtocolLimits.RejectAfterMessages && (seen.Count == 0 || at + Window >= newest) && !seen.Contains((ulong)at);
            if (counter.CanAccept((ulong)at) != expected || counter.TryAccept((ulong)at) != expected || counter.CanAccept((ulong)at))
                return false;
            if (!expected)
                continue;
            newest = seen.Count == 0 ? at : Int128.Max(newest, at);
            seen.Add((ulong)at);
        }

        return true;
    }
}
