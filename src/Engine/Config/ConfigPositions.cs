namespace WireGuard.Configuration;

/// <summary>A place in a configuration's text.</summary>
/// <param name="Line">From 1; 0 when unknown.</param>
/// <param name="Column">From 1, in UTF-16 code units; 0 when unknown.</param>
public readonly record struct ConfigPosition(int Line, int Column);

/// <summary>
/// Where a section's values were written, so that checks made after parsing can still point there. Empty for a
/// configuration that was made in memory.
/// </summary>
public sealed class ConfigPositions
{
    private Dictionary<string, List<ConfigPosition>>? _byKey;

    public static ConfigPositions None { get; } = new();

    /// <summary>Place of the <paramref name="index"/>-th value of a key (one for each list item); 0:0 when unknown.</summary>
    public ConfigPosition this[string key, int index = 0] =>
        _byKey is not null && _byKey.TryGetValue(key, out var places) && index >= 0 && index < places.Count ? places[index] : default;

    internal void Add(string key, ConfigPosition place)
    {
        _byKey ??= new(StringComparer.OrdinalIgnoreCase);
        if (!_byKey.TryGetValue(key, out var places))
            _byKey.Add(key, places = []);
        places.Add(place);
    }
}
