namespace WireGuard.Configuration;

/// <summary>Where configuration files are.</summary>
public static class ConfigLocation
{
    /// <summary>Where wg-quick(8) keeps its files.</summary>
    public const string DefaultDirectory = "/etc/wireguard";

    /// <summary>Environment variable that overrides <see cref="DefaultDirectory"/>; the engine and the module both heed it.</summary>
    public const string DirectoryVariable = "WIREGUARD_CONFIG_DIR";

    public static string Directory =>
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } chosen ? chosen : DefaultDirectory;
}
