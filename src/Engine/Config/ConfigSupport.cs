namespace WireGuard.Configuration;

/// <summary>
/// Keys whose effect is not built yet: they are refused, never ignored. To take one off the list once it works, delete
/// its line in <see cref="Unsupported"/>.
/// </summary>
public static class ConfigSupport
{
    /// <summary>One error ("NotSupported") for each value that asks for something this version does not do.</summary>
    public static IReadOnlyList<ConfigDiagnostic> Unsupported(TunnelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var diagnostics = new DiagnosticBag(config.Path);
        Hooks("PreUp", config.Interface.PreUp, "before the start", config, diagnostics);
        Hooks("PostUp", config.Interface.PostUp, "after the start", config, diagnostics);
        Hooks("PreDown", config.Interface.PreDown, "before the stop", config, diagnostics);
        Hooks("PostDown", config.Interface.PostDown, "after the stop", config, diagnostics);
        SaveConfig(config, diagnostics);
        return diagnostics.ToList();
    }

    private static void Hooks(string key, IReadOnlyList<string> commands, string when, TunnelConfig config, DiagnosticBag diagnostics)
    {
        for (var index = 0; index < commands.Count; index++)
            Refuse(diagnostics, config.Interface.Positions[key, index], $"{key} is not supported yet. Leave the line out and run the command yourself {when}.");
    }

    private static void SaveConfig(TunnelConfig config, DiagnosticBag diagnostics)
    {
        if (config.Interface.SaveConfig)
            Refuse(diagnostics, config.Interface.Positions["SaveConfig"], "SaveConfig = true is not supported yet. Leave the line out; the file stays as it is.");
    }

    private static void Refuse(DiagnosticBag diagnostics, ConfigPosition place, string message) =>
        diagnostics.Error("NotSupported", place, message);
}
