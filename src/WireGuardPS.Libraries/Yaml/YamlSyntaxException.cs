namespace WireGuard.Libraries.Yaml;

/// <summary>A text that is no YAML, or YAML of a kind that is not taken.</summary>
internal sealed class YamlSyntaxException(int line, int column, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>From 1.</summary>
    internal int Line { get; } = line;

    /// <summary>From 1.</summary>
    internal int Column { get; } = column;
}
