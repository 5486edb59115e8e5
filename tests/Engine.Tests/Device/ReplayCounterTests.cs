using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

public sealed class ReplayCounterTests
{
    private const ulong Window = 8128;
    private const ulong Limit = ulong.MaxValue - Window - 1;
    private readonly ReplayCounter _counter = new();

    [Fact]
    public void Each_counter_is_accepted_once()
    {
        Assert.True(_counter.TryAccept(0));
        Assert.True(_counter.TryAccept(1));
        Assert.False(_counter.TryAccept(1));
        Assert.True(_counter.TryAccept(9));
        Assert.True(_counter.TryAccept(8));
        Assert.True(_counter.TryAccept(7));
        Assert.False(_counter.TryAccept(7));
        Assert.False(_counter.TryAccept(0));
    }

    [Fact]
    public void The_window_ends_where_the_kernel_drivers_ends()
    {
        Assert.True(_counter.TryAccept(Window * 2));
        Assert.True(_counter.TryAccept(Window));
        Assert.False(_counter.TryAccept(Window - 1));
        Assert.True(_counter.TryAccept((Window * 2) - 1));
    }

    [Theory]
    [InlineData(Window - 1)]
    [InlineData(Window)]
    [InlineData(Window + 1)]
    [InlineData(Window + 64)]
    [InlineData(Window * 100)]
    public void Jumps_forget_only_what_lies_behind_the_window(ulong jump)
    {
        Assert.True(_counter.TryAccept(100));
        Assert.True(_counter.TryAccept(100 + jump));
        Assert.False(_counter.TryAccept(100 + jump));
        Assert.Equal(jump <= Window + 1, _counter.TryAccept(101));
    }

    [Fact]
    public void A_full_window_in_reverse_order_is_accepted()
    {
        for (var i = Window + 1; i > 0; i--)
            Assert.True(_counter.TryAccept(i - 1));
        for (ulong i = 0; i <= Window; i++)
            Assert.False(_counter.TryAccept(i));
    }

    [Fact]
    public void Counters_end_at_REJECT_AFTER_MESSAGES()
    {
        Assert.Equal(Limit, ProtocolLimits.RejectAfterMessages);
        Assert.False(_counter.TryAccept(Limit));
        Assert.False(_counter.TryAccept(Limit + 1));
        Assert.False(_counter.TryAccept(ulong.MaxValue));
        Assert.True(_counter.TryAccept(Limit - 1));
        Assert.False(_counter.TryAccept(Limit - 1));
        Assert.True(_counter.TryAccept(Limit - 2));
    }

    [Fact]
    public void Asking_changes_nothing()
    {
        Assert.True(_counter.CanAccept(5));
        Assert.True(_counter.CanAccept(5));
        Assert.True(_counter.CanAccept(1_000_000));
        Assert.True(_counter.TryAccept(5));
        Assert.False(_counter.CanAccept(5));
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 9000)]
    [InlineData(3, 20000)]
    public void It_agrees_with_a_plain_set(int seed, int spread)
    {
        var random = new Random(seed);
        var seen = new HashSet<ulong>();
        ulong newest = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var at = (long)newest + random.Next(-spread, (spread / 50) + 2);
            if (at < 0)
                continue;
            var counter = (ulong)at;
            var expected = (seen.Count == 0 || counter + Window >= newest) && !seen.Contains(counter);
            Assert.Equal(expected, _counter.TryAccept(counter));
            seen.Add(counter);
            newest = Math.Max(newest, expected ? counter : newest);
        }
    }
}
