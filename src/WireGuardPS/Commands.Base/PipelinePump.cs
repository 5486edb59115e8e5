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
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal static T Run<T>(Func<PipelinePump, CancellationToken, Task<T>> work, Action<TimeSpan>? waiting, CancellationToken stop)
    {
        var pump = new PipelinePump();
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var token = abandon.Token;
        var running = Task.Run(() => work(pump, token), token);
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
