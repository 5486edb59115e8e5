using System.Globalization;
using System.Text;

namespace WireGuard.Engine.Diagnostics;

/// <summary>
/// A log that writes lines of UTF-8 to a stream, each with one call, so that lines of several threads and processes do not
/// mix. A stream that fails costs the line, never the engine.
/// </summary>
public abstract class LineLog : EngineLog
{
    private readonly Lock _lock = new();

    /// <summary>The line without its end. <paramref name="message"/> is on one line already.</summary>
    protected abstract string Format(LogLevel level, string message);

    /// <summary>Takes one whole line, its '\n' included; one thread at a time.</summary>
    /// <exception cref="IOException">The line is lost.</exception>
    protected abstract void WriteLine(ReadOnlySpan<byte> line);

    protected sealed override void Write(LogLevel level, string message)
    {
        var line = Encoding.UTF8.GetBytes(Format(level, LogText.Escape(message)) + '\n');
        lock (_lock)
        {
            try
            {
                WriteLine(line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // Where a log's own failure could be told of is the log.
            }
        }
    }

    /// <summary>"2026-11-21T09:30:00.123Z warning wg0: message".</summary>
    private protected static string WithTime(DateTimeOffset time, LogLevel level, string tunnel, string message) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {LogLevels.Name(level)} {tunnel}: {message}");
}
