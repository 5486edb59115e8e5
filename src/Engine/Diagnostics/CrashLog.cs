namespace WireGuard.Engine.Diagnostics;

/// <summary>
/// The last line of a log: what ended the process. Without the exception's own words, which may quote what was being
/// worked on; its type and where it came from are enough.
/// </summary>
internal static class CrashLog
{
    /// <summary>Tells of exceptions that nobody catches, on whatever thread, from now on.</summary>
    public static void Watch(EngineLog log) => AppDomain.CurrentDomain.UnhandledException += (_, e) => Tell(log, e.ExceptionObject);

    internal static void Tell(EngineLog log, object failure) => log.Error($"The engine ends because of an internal error: {Describe(failure)}");

    private static string Describe(object failure) => failure is not Exception exception
        ? failure.GetType().ToString()
        : $"{exception.GetType()}{exception.StackTrace?.ReplaceLineEndings(";")}{(exception.InnerException is { } inner ? $"; caused by {Describe(inner)}" : "")}";
}
