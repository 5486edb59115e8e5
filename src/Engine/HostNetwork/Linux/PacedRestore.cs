using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Sets one kind of thing again that somebody takes away, at its own pace, and tells of it. One thread at a time.</summary>
/// <param name="restore">Sets again what is missing and says so, a sentence each.</param>
internal sealed class PacedRestore(Func<IReadOnlyList<string>> restore, EngineLog log, TimeProvider time)
{
    private readonly RestorePace _pace = new(time);

    // What cannot be set again is another matter than what is taken away: it does not make the next time late.
    private readonly RestorePace _failures = new(time);
    private bool _isFailed;
    private long? _ranAt;

    /// <returns>It wants to be run once more, whether anything changes or not.</returns>
    public bool Run()
    {
        if (_ranAt is { } last && time.GetElapsedTime(last) < (_isFailed ? _failures : _pace).Next())
            return true;
        try
        {
            if (restore() is { Count: > 0 } restored)
            {
                _pace.Restored();
                foreach (var sentence in restored)
                    log.Warning(sentence + _pace.Contention);
            }

            _isFailed = false;
        }
        catch (HostNetworkException failure)
        {
            _isFailed = true;
            _failures.Restored();
            log.Error($"what somebody else has taken away could not be set again: {failure.Message}");
        }

        _ranAt = time.GetTimestamp();
        return _isFailed;
    }
}
