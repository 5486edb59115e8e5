using System.Collections.Concurrent;

namespace WireGuard.Commands;

/// <summary>
/// Runs asynchronous work while the pipeline's thread waits, and brings back to that thread whatever the work wants
/// done there: PowerShell allows Write* on it alone.
/// </summary>
internal sealed class PipelinePump
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly BlockingCollection<Action> _actions = [];

    /// <summary>Queues an action for the pipeline's thread; any thread.</summary>
    internal void Post(Action action) => _actions.Add(action, CancellationToken.None);

    /// <summary>
    /// Blocks until the work has ended and all its actions have run, on the calling thread. When an action throws, or
    /// <paramref name="stop"/> is cancelled, the work is cancelled and left to itself.
    /// </summary>
    /// <param name="waiting">Called on this thread a few times a second with the time waited so far, or null.</param>
    /// <param name="startsHere">
    /// The work begins on the calling thread, for what mostly ends within a moment: each hand-over between threads costs more than a question
    /// to an engine. It may hold the thread for that moment.
    /// </param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal static T Run<T>(Func<PipelinePump, CancellationToken, Task<T>> work, Action<TimeSpan>? waiting, CancellationToken stop, bool startsHere = false)
    {
        var pump = new PipelinePump();
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var token = abandon.Token;
        var running = startsHere ? work(pump, token) : Task.Run(() => work(pump, token), token);
        if (running.IsCompleted && pump._actions.Count == 0)
            return running.GetAwaiter().GetResult();
        _ = running.ContinueWith(
            t =>
            {
                _ = t.Exception;
                pump._actions.CompleteAdding();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        try
        {
            pump.Pump(waiting, stop);
        }
        catch
        {
            abandon.Cancel();
            throw;
        }

        return running.GetAwaiter().GetResult();
    }

    private void Pump(Action<TimeSpan>? waiting, CancellationToken stop)
    {
        var started = Environment.TickCount64;
        while (!_actions.IsCompleted)
        {
            if (_actions.TryTake(out var action, (int)Tick.TotalMilliseconds, stop))
                action();
            else if (!_actions.IsAddingCompleted)
                waiting?.Invoke(TimeSpan.FromMilliseconds(Environment.TickCount64 - started));
        }
    }
}
