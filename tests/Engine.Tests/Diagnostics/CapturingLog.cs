using System.Collections.Concurrent;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Tests.Diagnostics;

/// <summary>Keeps what was logged, everything unless <see cref="EngineLog.Level"/> says otherwise.</summary>
internal sealed class CapturingLog : EngineLog
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message)> _entries = new();

    internal CapturingLog() => Level = LogLevel.Verbose;

    internal IReadOnlyList<(LogLevel Level, string Message)> Entries => [.. _entries];

    /// <summary>"Error: what happened", in order.</summary>
    internal IReadOnlyList<string> Lines => [.. _entries.Select(entry => $"{entry.Level}: {entry.Message}")];

    internal IEnumerable<string> Messages => _entries.Select(entry => entry.Message);

    protected override void Write(LogLevel level, string message) => _entries.Enqueue((level, message));
}
