namespace WireGuard.Configuration;

/// <summary>What [Interface] and [Peer] have in common while they are read: each single key once, places remembered.</summary>
internal abstract class SectionBuilder(DiagnosticBag diagnostics, int line)
{
    private readonly Dictionary<string, int> _firstLines = [];

    protected DiagnosticBag Diagnostics { get; } = diagnostics;

    protected ValueParser Values { get; } = new(diagnostics);

    protected NetworkParser Networks { get; } = new(diagnostics);

    protected ConfigPositions Positions { get; } = new();

    /// <summary>Line of the header.</summary>
    internal int Line { get; } = line;

    internal void Add(ConfigValue value)
    {
        if (!_firstLines.TryAdd(value.Name, value.KeyPlace.Line) && !value.Key.Repeats)
        {
            Diagnostics.Error("DuplicateKey", value.KeyPlace,
                $"{value.Name} may be given once only; the first is in line {_firstLines[value.Name]}.");
        }
        else if (value.Memory.IsEmpty && !value.Key.Repeats)
            Diagnostics.Error("EmptyValue", value.KeyPlace, $"{value.Name} has no value.");
        else
        {
            if (!value.Key.Repeats)
                Positions.Add(value.Name, value.Place);
            Accept(value);
        }
    }

    /// <summary>Whether the key came, with a good value or not.</summary>
    protected bool Has(string key) => _firstLines.ContainsKey(key);

    protected abstract void Accept(ConfigValue value);
}
