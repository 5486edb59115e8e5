namespace WireGuard.Libraries.Yaml;

/// <summary>A value of a YAML document and where it begins.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record YamlValue(int Line, int Column);

/// <summary>A scalar, uninterpreted.</summary>
/// <param name="IsNull">Nothing, `~` or `null`, unquoted.</param>
internal sealed record YamlText(string Text, bool IsNull, int Line, int Column) : YamlValue(Line, Column);

/// <summary>A sequence.</summary>
internal sealed record YamlList(IReadOnlyList<YamlValue> Items, int Line, int Column) : YamlValue(Line, Column);

/// <summary>A mapping in the order of the text; keys may come twice.</summary>
internal sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, int Line, int Column) : YamlValue(Line, Column);

internal sealed record YamlEntry(YamlText Key, YamlValue Value);
