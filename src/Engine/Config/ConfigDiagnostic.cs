namespace WireGuard.Configuration;

public enum ConfigSeverity
{
    Warning,
    Error,
}

/// <summary>
/// Something wrong or doubtful in a configuration file, and where. Messages never repeat a key's text.
/// </summary>
/// <param name="Severity">An error refuses the file.</param>
/// <param name="Id">Stable, for scripts: "UnknownKey", "InvalidKey", "InvalidAddress", "DuplicatePeer", ...</param>
/// <param name="Message">A sentence for people, without the position.</param>
/// <param name="Path">File, or null for text from elsewhere.</param>
/// <param name="Line">From 1; 0 when it is about the whole file.</param>
/// <param name="Column">From 1; 0 when it is about the whole line.</param>
public sealed record ConfigDiagnostic(ConfigSeverity Severity, string Id, string Message, string? Path, int Line, int Column)
{
    /// <summary>"wg0.conf:3:14: error: ..." as compilers write it, so that editors can jump there.</summary>
    public override string ToString()
    {
        var place = (Path ?? "(text)") + (Line > 0 ? $":{Line}" : "") + (Line > 0 && Column > 0 ? $":{Column}" : "");
        return $"{place}: {(Severity == ConfigSeverity.Error ? "error" : "warning")}: {Message}";
    }
}

/// <summary>What reading a file brought: the configuration unless there are errors, and all diagnostics.</summary>
public sealed record ConfigResult(TunnelConfig? Config, IReadOnlyList<ConfigDiagnostic> Diagnostics)
{
    public bool HasErrors => Diagnostics.Any(d => d.Severity == ConfigSeverity.Error);
}

/// <summary>A configuration that cannot be used; the message lists every error with its place.</summary>
public sealed class ConfigException(IReadOnlyList<ConfigDiagnostic> diagnostics)
    : Exception(string.Join(Environment.NewLine, diagnostics.Where(d => d.Severity == ConfigSeverity.Error)))
{
    public IReadOnlyList<ConfigDiagnostic> Diagnostics { get; } = diagnostics;
}
