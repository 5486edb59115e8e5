namespace WireGuard.Engine.Diagnostics;

/// <summary>
/// Lets one message of a kind through in an interval and tells with the next one how many it kept back. For what a stranger
/// can cause with every packet. Any thread; a message that is kept back is not even composed.
/// </summary>
public sealed class RateLimitedLog
{
    // Keys may come from the network (one per source address); so many at once, and further ones share one budget.
    internal const int MaxKeys = 256;

    private const string OverflowKey = "";

    private readonly EngineLog _log;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Budget> _budgets = [];

    /// <param name="log">Where the messages go.</param>
    /// <param name="time">Monotonic clock.</param>
    /// <param name="interval">One second unless given.</param>
    public RateLimitedLog(EngineLog log, TimeProvider time, TimeSpan? interval = null)
    {
        _log = log;
        _time = time;
        _interval = interval ?? TimeSpan.FromSeconds(1);
    }

    /// <summary>Writes the message unless one with the same <paramref name="key"/> was written within the interval.</summary>
    public void Write(LogLevel level, string key, string message) => Write(level, key, message, static text => text);

    /// <inheritdoc cref="Write(LogLevel, string, string)"/>
    /// <param name="state">Handed to <paramref name="format"/>, which should be static.</param>
    /// <param name="format">Called only when the message is written.</param>
    public void Write<TState>(LogLevel level, string key, TState state, Func<TState, string> format)
    {
        if (!_log.IsEnabled(level) || !TryTake(key, out var suppressed))
            return;
        var message = format(state);
        if (suppressed > 0)
            message += $" ({suppressed} more like it not shown)";
        switch (level)
        {
            case LogLevel.Error:
                _log.Error(message);
                break;
            case LogLevel.Warning:
                _log.Warning(message);
                break;
            case LogLevel.Information:
                _log.Information(message);
                break;
            default:
                _log.Verbose(message);
                break;
        }
    }

    private bool TryTake(string key, out long suppressed)
    {
        suppressed = 0;
        var now = _time.GetTimestamp();
        lock (_lock)
        {
            if (Find(key, now) is not { } budget)
                return true;
            if (_time.GetElapsedTime(budget.LastWritten, now) < _interval)
            {
                budget.Suppressed++;
                return false;
            }

            (suppressed, budget.Suppressed, budget.LastWritten) = (budget.Suppressed, 0, now);
            return true;
        }
    }

    /// <summary>The budget to charge; null when a new one was made, whose first message is free.</summary>
    private Budget? Find(string key, long now)
    {
        if (_budgets.TryGetValue(key, out var budget))
            return budget;
        if (_budgets.Count >= MaxKeys)
            Forget(now);
        if (_budgets.Count >= MaxKeys && _budgets.TryGetValue(OverflowKey, out budget))
            return budget;
        _budgets.Add(_budgets.Count >= MaxKeys ? OverflowKey : key, new Budget { LastWritten = now });
        return null;
    }

    // A count that has not been told goes too: its kind has been silent for an interval or more.
    private void Forget(long now)
    {
        foreach (var (key, budget) in _budgets)
        {
            if (_time.GetElapsedTime(budget.LastWritten, now) >= _interval)
                _budgets.Remove(key);
        }
    }

    private sealed class Budget
    {
        internal long LastWritten;
        internal long Suppressed;
    }
}
