using System.Diagnostics.CodeAnalysis;
using WireGuard.Configuration;
using WireGuard.Libraries.Yaml;

namespace WireGuard.Topologies;

/// <summary>
/// One map of a topology file: holds its keys against those that it may have, and gives its values as the configuration's own parsers
/// take them. What is wrong goes to the diagnostics.
/// </summary>
internal sealed class YamlSection
{
    private readonly Dictionary<string, YamlEntry> _entries = new(StringComparer.Ordinal);
    private readonly DiagnosticBag _diagnostics;
    private readonly string _what;

    /// <param name="what">"a host", for messages.</param>
    internal YamlSection(YamlMap map, string what, string[] keys, DiagnosticBag diagnostics)
    {
        (_what, _diagnostics, Place) = (what, diagnostics, new(map.Line, map.Column));
        foreach (var entry in map.Entries)
        {
            var place = PlaceOf(entry.Key);
            if (!keys.Contains(entry.Key.Text, StringComparer.Ordinal))
                RefuseUnknown(entry.Key.Text, keys, place);
            else if (!_entries.TryAdd(entry.Key.Text, entry))
                diagnostics.Error("DuplicateKey", place, $"{entry.Key.Text} may be given once only; the first is in line {_entries[entry.Key.Text].Key.Line}.");
        }
    }

    internal ConfigPosition Place { get; }

    internal static ConfigPosition PlaceOf(YamlValue value) => new(value.Line, value.Column);

    internal bool Has(string key) => _entries.ContainsKey(key);

    /// <summary>The place of a key that is there, else the map's.</summary>
    internal ConfigPosition KeyPlace(string key) => _entries.TryGetValue(key, out var entry) ? PlaceOf(entry.Key) : Place;

    /// <summary>Complains of a key that must be there and is not.</summary>
    internal bool Require(string key, string expected)
    {
        if (Has(key))
            return true;
        _diagnostics.Error("MissingKey", Place, $"{Capital(_what)} needs {key}: {expected}.");
        return false;
    }

    /// <summary>The one text of a key; null: it is not there, or no text, which is told.</summary>
    internal ConfigValue? Text(string key, string expected) => _entries.TryGetValue(key, out var entry) ? Text(entry, entry.Value, expected) : null;

    /// <summary>The texts of a key, one or a list.</summary>
    internal IEnumerable<ConfigValue> Texts(string key, string expected)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return [];
        var items = entry.Value is YamlList list ? list.Items : [entry.Value];
        return items.Select(item => Text(entry, item, expected)).OfType<ConfigValue>();
    }

    /// <summary>The values of a key that must be a list.</summary>
    internal IReadOnlyList<YamlValue> Items(string key, string expected)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return [];
        if (entry.Value is YamlList list)
            return list.Items;
        RefuseKind(entry.Value, key, expected);
        return [];
    }

    /// <summary>The entries of a key that must be a map of named things.</summary>
    internal IReadOnlyList<YamlEntry> Named(string key, string expected)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return [];
        if (entry.Value is YamlMap map)
            return map.Entries;
        RefuseKind(entry.Value, key, expected);
        return [];
    }

    /// <summary>A key whose value is a map of its own.</summary>
    internal bool TryMap(string key, string expected, [NotNullWhen(true)] out YamlMap? map)
    {
        map = _entries.TryGetValue(key, out var entry) ? entry.Value as YamlMap : null;
        if (entry is not null && map is null)
            RefuseKind(entry.Value, key, expected);
        return map is not null;
    }

    private void RefuseKind(YamlValue value, string key, string expected) =>
        _diagnostics.Error("WrongType", PlaceOf(value), $"{key} must be {expected}{Instead(value)}.");

    private ConfigValue? Text(YamlEntry entry, YamlValue value, string expected)
    {
        if (value is not YamlText text)
        {
            RefuseKind(value, entry.Key.Text, expected);
            return null;
        }

        if (text.IsNull || text.Text.Length == 0)
        {
            _diagnostics.Error("EmptyValue", PlaceOf(entry.Key), $"{entry.Key.Text} has no value; it must be {expected}.");
            return null;
        }

        return new ConfigValue(new ConfigKey(entry.Key.Text, ConfigSection.None), PlaceOf(entry.Key), text.Text.AsMemory(), PlaceOf(text));
    }

    private void RefuseUnknown(string name, string[] keys, ConfigPosition place)
    {
        if (name is "privateKey" or "presharedKey" or "PrivateKey" or "PresharedKey")
        {
            _diagnostics.Error("SecretInFile", place,
                $"{name} has no place here, where everybody who reads the file would know it; name a file on the host: {char.ToLowerInvariant(name[0])}{name[1..]}File.");
            return;
        }

        var nearest = keys.FirstOrDefault(key => ConfigGrammar.Distance(name, key) is <= 2 and var distance && distance < name.Length);
        _diagnostics.Error("UnknownKey", place, $"There is no key {ShownText.Quote(name)} in {_what}; "
            + (nearest is null ? $"there may be {string.Join(", ", keys)}." : $"did you mean {nearest}?"));
    }

    private static string Instead(YamlValue value) => value switch
    {
        YamlList => ", not a list",
        YamlMap => ", not a map",
        YamlText { IsNull: true } => "; there is nothing",
        YamlText text => $", not {ShownText.Quote(text.Text)}",
        _ => "",
    };

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
