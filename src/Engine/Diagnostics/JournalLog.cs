namespace WireGuard.Engine.Diagnostics;

/// <summary>
/// Lines as journald wants them on standard error: the severity in a prefix (sd-daemon(3)), no time, which the journal
/// adds itself.
/// </summary>
public sealed partial class JournalLog : LineLog
{
    private readonly string _tunnel;
    private readonly Stream _output;

    public JournalLog(string tunnel)
        : this(tunnel, Console.OpenStandardError())
    {
    }

    internal JournalLog(string tunnel, Stream output)
    {
        _tunnel = tunnel;
        _output = output;
    }

    protected override string Format(LogLevel level, string message) => $"<{LogLevels.Severity(level)}>{_tunnel}: {message}";

    protected override void WriteLine(ReadOnlySpan<byte> line) => _output.Write(line);
}
