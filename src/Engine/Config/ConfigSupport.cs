namespace WireGuard.Configuration;

/// <summary>Which parts of the grammar the engine can put into effect.</summary>
public static class ConfigSupport
{
    /// <summary>An error for each setting whose effect the engine does not have.</summary>
    public static IReadOnlyList<ConfigDiagnostic> Unsupported(TunnelConfig config)
    {
        var found = new List<ConfigDiagnostic>();
        void Refuse(bool present, string key)
        {
            if (present)
                found.Add(new ConfigDiagnostic(ConfigSeverity.Error, "UnsupportedKey", $"{key} is not supported yet.", config.Path, 0, 0));
        }

        var section = config.Interface;
        Refuse(section.PreUp.Count + section.PostUp.Count + section.PreDown.Count + section.PostDown.Count > 0, "A hook (PreUp, PostUp, PreDown, PostDown)");
        Refuse(section.SaveConfig, "SaveConfig");
        return found;
    }
}
