namespace WireGuard.Engine.Diagnostics;

public enum LogLevel
{
    Silent,
    Error,
    Warning,
    Information,
    Verbose,
}

/// <summary>
/// Where the engine's events go, one line each. Never handed a secret. The hot path does not log; what can come with
/// every packet (a bad tag, no peer) is counted and told at Verbose, once a second at most.
/// </summary>
public abstract class EngineLog
{
    /// <summary>Takes everything and keeps nothing.</summary>
    public static EngineLog None { get; } = new NullLog();

    public LogLevel Level { get; init; } = LogLevel.Information;

    public bool IsEnabled(LogLevel level) => level <= Level && level != LogLevel.Silent;

    public void Error(string message) => WriteIf(LogLevel.Error, message);

    public void Warning(string message) => WriteIf(LogLevel.Warning, message);

    public void Information(string message) => WriteIf(LogLevel.Information, message);

    public void Verbose(string message) => WriteIf(LogLevel.Verbose, message);

    /// <summary>Writes one line; any thread.</summary>
    protected abstract void Write(LogLevel level, string message);

    private void WriteIf(LogLevel level, string message)
    {
        if (IsEnabled(level))
            Write(level, message);
    }

    private sealed class NullLog : EngineLog
    {
        protected override void Write(LogLevel level, string message)
        {
        }
    }
}
