namespace WireGuard.Client;

/// <summary>The line of PowerShell that starts a tunnel with the options that an engine had.</summary>
internal static class StartCommandLine
{
    private const string Option = "--";

    /// <param name="options">Of the engine's `up`, each with its value behind it.</param>
    internal static string Of(string path, IReadOnlyList<string> options)
    {
        var parameters = new List<(string Name, List<string> Values)>();
        List<string> current = [];
        foreach (var text in options)
        {
            if (text.StartsWith(Option, StringComparison.Ordinal))
                current = ValuesOf(EngineWords.ForShell(text));
            else
                current.Add(Quoted(text));
        }

        return string.Join(' ', parameters.Select(p => $"{p.Name} {string.Join(", ", p.Values)}".TrimEnd()).Prepend($"Start-WgTunnel {Quoted(path)}"));

        // A parameter is named once, with all its values.
        List<string> ValuesOf(string parameter)
        {
            if (parameters.Find(p => p.Name == parameter).Values is { } values)
                return values;
            parameters.Add((parameter, []));
            return parameters[^1].Values;
        }
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
