using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Hosting;

/// <summary>A log that is opened with its first line. Whoever makes it gives both the same level.</summary>
internal sealed class LazyLog(Func<EngineLog> open) : EngineLog
{
    private readonly Lazy<EngineLog> _log = new(() => TryOpen(open));

    protected override void Write(LogLevel level, string message)
    {
        var log = _log.Value;
        switch (level)
        {
            case LogLevel.Error:
                log.Error(message);
                break;
            case LogLevel.Warning:
                log.Warning(message);
                break;
            case LogLevel.Information:
                log.Information(message);
                break;
            case LogLevel.Verbose:
                log.Verbose(message);
                break;
        }
    }

    // A tunnel without a log is better than no tunnel; a detached one has nowhere else to say so.
    private static EngineLog TryOpen(Func<EngineLog> open)
    {
        try
        {
            return open();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }
}
