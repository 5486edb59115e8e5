namespace WireGuard.Engine.Diagnostics;

/// <summary>Lines with time, level and tunnel on standard error, for people.</summary>
public sealed class ConsoleLog : LineLog
{
    private readonly string _tunnel;
    private readonly Stream _output;
    private readonly TimeProvider _time;

    public ConsoleLog(string tunnel)
        : this(tunnel, Console.OpenStandardError(), TimeProvider.System)
    {
    }

    internal ConsoleLog(string tunnel, Stream output, TimeProvider time)
    {
        _tunnel = tunnel;
        _output = output;
        _time = time;
    }

    /// <summary>The log for a process that others may have started: <see cref="JournalLog"/> when standard error is the journal.</summary>
    public static EngineLog ForStandardError(string tunnel, LogLevel level) =>
        JournalLog.IsStandardErrorJournal() ? new JournalLog(tunnel) { Level = level } : new ConsoleLog(tunnel) { Level = level };

    protected override string Format(LogLevel level, string message) => WithTime(_time.GetUtcNow(), level, _tunnel, message);

    protected override void WriteLine(ReadOnlySpan<byte> line) => _output.Write(line);
}
