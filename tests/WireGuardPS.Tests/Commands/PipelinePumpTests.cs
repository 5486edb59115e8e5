using WireGuard.Commands;

namespace WireGuard.Tests.Commands;

public sealed class PipelinePumpTests
{
    [Fact]
    public void Actions_run_on_the_calling_thread_in_order_before_the_result()
    {
        var here = Environment.CurrentManagedThreadId;
        var seen = new List<(int Thread, int Number)>();

        var result = PipelinePump.Run(
            async (pump, _) =>
            {
                for (var i = 0; i < 100; i++)
                {
                    var number = i;
                    pump.Post(() => seen.Add((Environment.CurrentManagedThreadId, number)));
                    await Task.Yield();
                }

                return "done";
            },
            null,
            CancellationToken.None);

        Assert.Equal("done", result);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (here, i)), seen);
    }

    /// <summary>A question to an engine takes less than handing it over to another thread.</summary>
    [Fact]
    public void Work_that_starts_here_and_ends_at_once_costs_no_other_thread()
    {
        var here = Environment.CurrentManagedThreadId;
        Assert.Equal(here, PipelinePump.Run((_, _) => Task.FromResult(Environment.CurrentManagedThreadId), null, CancellationToken.None, startsHere: true));
        var posted = 0;
        PipelinePump.Run(
            (pump, _) =>
            {
                pump.Post(() => posted = Environment.CurrentManagedThreadId);
                return Task.FromResult(0);
            },
            null,
            CancellationToken.None,
            startsHere: true);
        Assert.Equal(here, posted);
    }

    [Fact]
    public async Task Work_that_starts_here_and_goes_on_elsewhere_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource<int>();
        var waiting = Task.Run(() => PipelinePump.Run((_, _) => never.Task, null, stop.Token, startsHere: true));

        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        never.SetResult(1);
    }

    [Fact]
    public void The_works_own_exception_comes_out_as_it_is() =>
        Assert.Throws<InvalidTimeZoneException>(
            () => { PipelinePump.Run<int>((_, _) => throw new InvalidTimeZoneException(), null, CancellationToken.None); });

    [Fact]
    public async Task Stopping_ends_the_wait_even_if_the_work_does_not_listen()
    {
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource<int>();
        var waiting = Task.Run(() => PipelinePump.Run((_, _) => never.Task, null, stop.Token));

        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        never.SetResult(1);
    }

    [Fact]
    public void An_action_that_throws_cancels_the_work()
    {
        CancellationToken seen = default;

        Assert.Throws<InvalidTimeZoneException>(() =>
        {
            PipelinePump.Run(
                async (pump, cancellation) =>
                {
                    seen = cancellation;
                    pump.Post(() => throw new InvalidTimeZoneException());
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return 1;
                },
                null,
                CancellationToken.None);
        });
        Assert.True(seen.IsCancellationRequested);
    }

    [Fact]
    public void A_long_wait_is_reported_on_the_calling_thread()
    {
        var here = Environment.CurrentManagedThreadId;
        var threads = new List<int>();
        var reported = new TaskCompletionSource<int>();

        PipelinePump.Run(
            (_, _) => reported.Task,
            _ =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                reported.TrySetResult(1);
            },
            CancellationToken.None);
        Assert.Contains(here, threads);
        Assert.All(threads, t => Assert.Equal(here, t));
    }
}
