namespace WireGuard.Configuration;

/// <summary>Keys that have no effect unless the start says so: they are named, never ignored in silence.</summary>
public static class ConfigSupport
{
    private const string HooksNeedConsent = "hooks run only when the start allows it (--allow-hooks, -AllowHook), from a file that root alone can write";

    /// <summary>A warning ("NotSaved") that SaveConfig will have no effect.</summary>
    /// <param name="why">A clause.</param>
    public static ConfigDiagnostic NotSaved(TunnelConfig config, string why)
    {
        ArgumentNullException.ThrowIfNull(config);
        var place = config.Interface.Positions["SaveConfig"];
        return new ConfigDiagnostic(ConfigSeverity.Warning, "NotSaved", $"SaveConfig has no effect, because {why}.", config.Path, place.Line, place.Column);
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
}
