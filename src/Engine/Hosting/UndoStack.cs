using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// What was done and how to undo it, in reverse. An undoing that fails is logged and does not keep the others from
/// theirs. One thread at a time.
/// </summary>
public sealed class UndoStack(EngineLog log) : IDisposable
{
    private readonly Stack<(string What, Action Undo)> _steps = new();

    /// <param name="what">For the log, as "close the sockets".</param>
    /// <param name="undo">Called once.</param>
    public void Push(string what, Action undo) => _steps.Push((what, undo));

    /// <summary>Pushes the disposal of <paramref name="resource"/> and returns it.</summary>
    public T Own<T>(string what, T resource)
        where T : IDisposable
    {
        Push(what, resource.Dispose);
        return resource;
    }

    /// <summary>Undoes everything, the latest first. A second call finds nothing.</summary>
    public void Dispose()
    {
        while (_steps.TryPop(out var step))
        {
            try
            {
                step.Undo();
            }
            catch (Exception failure)
            {
                log.Error($"Could not {step.What}: {failure.Message}");
            }
        }
    }
}
