namespace WireGuard.Configuration;

/// <summary>Where a tunnel that others join keeps what it is made of.</summary>
public static class ServedLocation
{
    public const string DefaultDirectory = "/var/lib/wireguard-engine";

    /// <summary>Environment variable that overrides <see cref="DefaultDirectory"/>.</summary>
    public const string DirectoryVariable = "WIREGUARD_ENGINE_STATE_DIR";

    /// <summary>Of the state itself, in the tunnel's directory.</summary>
    public const string StateFileName = "state";

    /// <summary>Of what `serve` was told.</summary>
    public const string SettingsFileName = "settings.json";

    public static string Directory =>
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } chosen ? Path.GetFullPath(chosen) : DefaultDirectory;

    /// <summary>Of one tunnel.</summary>
    public static string DirectoryOf(string tunnel) => Path.Combine(Directory, tunnel);

    /// <summary>Whether a tunnel of this name was served before, as far as this user may see.</summary>
    public static bool Exists(string tunnel) => File.Exists(Path.Combine(DirectoryOf(tunnel), StateFileName));
}
