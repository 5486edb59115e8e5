namespace WireGuard.Configuration;

/// <summary>
/// Keys whose effect is not built yet: they are refused, never ignored. To take one off the list once it works, delete
/// its line in <see cref="Unsupported"/>.
/// </summary>
public static class ConfigSupport
{
    private const string HooksNeedConsent = "hooks run only when the start allows it (--allow-hooks, -AllowHook), from a file that root alone can write";

    /// <summary>One error ("NotSupported") for each value that asks for something this version does not do.</summary>
    public static IReadOnlyList<ConfigDiagnostic> Unsupported(TunnelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var diagnostics = new DiagnosticBag(config.Path);
        SaveConfig(config, diagnostics);
        return diagnostics.ToList();
    }

    /// <summary>One warning ("HookNotRun") for each command of a file that is not run.</summary>
    /// <param name="why">A clause: "hooks run only ...".</param>
    public static IReadOnlyList<ConfigDiagnostic> HooksNotRun(TunnelConfig config, string why = HooksNeedConsent)
    {
        ArgumentNullException.ThrowIfNull(config);
        var diagnostics = new DiagnosticBag(config.Path);
        var section = config.Interface;
        foreach (var (key, commands) in new[] { ("PreUp", section.PreUp), ("PostUp", section.PostUp), ("PreDown", section.PreDown), ("PostDown", section.PostDown) })
        {
            for (var index = 0; index < commands.Count; index++)
                diagnostics.Warning("HookNotRun", section.Positions[key, index], $"{key} is not run: {why}.");
        }

        return diagnostics.ToList();
    }

    private static void SaveConfig(TunnelConfig config, DiagnosticBag diagnostics)
    {
        if (config.Interface.SaveConfig)
            Refuse(diagnostics, config.Interface.Positions["SaveConfig"], "SaveConfig = true is not supported yet. Leave the line out; the file stays as it is.");
    }

    private static void Refuse(DiagnosticBag diagnostics, ConfigPosition place, string message) =>
        diagnostics.Error("NotSupported", place, message);
}
