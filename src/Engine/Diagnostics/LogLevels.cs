namespace WireGuard.Engine.Diagnostics;

/// <summary>Names of <see cref="LogLevel"/>, as LOG_LEVEL has them (wireguard-go's words and ours).</summary>
public static class LogLevels
{
    /// <summary>Environment variable that wg-quick's userspace implementations take their level from.</summary>
    public const string Variable = "LOG_LEVEL";

    /// <summary>
    /// "silent", "error", "warning", "info" or "information", "verbose" or "debug", in any case; false for anything else.
    /// </summary>
    public static bool TryParse(string? text, out LogLevel level)
    {
        LogLevel? found = text?.Trim().ToLowerInvariant() switch
        {
            "silent" => LogLevel.Silent,
            "error" => LogLevel.Error,
            "warning" or "warn" => LogLevel.Warning,
            "info" or "information" => LogLevel.Information,
            "verbose" or "debug" => LogLevel.Verbose,
            _ => null,
        };
        level = found ?? default;
        return found is not null;
    }

    /// <summary>As <see cref="TryParse"/>; what is empty or unknown gives <paramref name="fallback"/>.</summary>
    public static LogLevel Parse(string? text, LogLevel fallback) => TryParse(text, out var level) ? level : fallback;

    /// <summary>What to tell whoever set LOG_LEVEL to <paramref name="text"/>; null when it is a level, or not set.</summary>
    public static string? Misunderstood(string? text) => string.IsNullOrWhiteSpace(text) || TryParse(text, out _)
        ? null
        : $"{Variable} is '{text}', which is none of silent, error, warning, info and verbose";

    /// <summary>The word that stands in a log line.</summary>
    public static string Name(LogLevel level) => level switch
    {
        LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        LogLevel.Information => "info",
        LogLevel.Verbose => "verbose",
        _ => "silent",
    };

    /// <summary>Severity of syslog (RFC 5424, section 6.2.1), which journald reads from a prefix "&lt;N&gt;" (sd-daemon(3)).</summary>
    public static int Severity(LogLevel level) => level switch
    {
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
