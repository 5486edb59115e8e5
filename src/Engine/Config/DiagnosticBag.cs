namespace WireGuard.Configuration;

/// <summary>
/// Collects what is wrong with one text: every error, up to a bound that keeps a rubbish file from filling the memory and
/// beyond which errors are only counted.
/// </summary>
internal sealed class DiagnosticBag(string? path)
{
    internal const int Limit = 1000;

    private readonly List<ConfigDiagnostic> _errors = [];
    private readonly List<ConfigDiagnostic> _warnings = [];
    private int _errorsBeyondLimit;

    internal bool HasErrors => _errors.Count > 0;

    internal void Error(string id, ConfigPosition place, string message)
    {
        if (_errors.Count < Limit)
            _errors.Add(new ConfigDiagnostic(ConfigSeverity.Error, id, message, path, place.Line, place.Column));
        else
            _errorsBeyondLimit++;
    }

    internal void Warning(string id, ConfigPosition place, string message)
    {
        if (_warnings.Count < Limit)
            _warnings.Add(new ConfigDiagnostic(ConfigSeverity.Warning, id, message, path, place.Line, place.Column));
    }

    /// <summary>In the order of the text; what is about the whole file comes first.</summary>
    internal IReadOnlyList<ConfigDiagnostic> ToList()
    {
        List<ConfigDiagnostic> ordered = [.. _errors.Concat(_warnings).OrderBy(d => d.Line).ThenBy(d => d.Column)];
        if (_errorsBeyondLimit > 0)
            ordered.Add(new ConfigDiagnostic(ConfigSeverity.Error, "TooManyErrors", $"There are {_errorsBeyondLimit} more errors.", path, 0, 0));
        return ordered;
    }
}
