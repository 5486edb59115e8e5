namespace WireGuard.Configuration;

/// <summary>A configuration file and the tunnel that it is for.</summary>
/// <param name="Path">Absolute. Whether anything is there has not been looked at.</param>
/// <param name="TunnelName">Null when the file's name cannot be a tunnel's name; the caller needs one from elsewhere then.</param>
public sealed record ConfigLocation(string Path, string? TunnelName)
{
    /// <summary>Where wg-quick(8) keeps its files.</summary>
    public const string DefaultDirectory = "/etc/wireguard";

    /// <summary>Environment variable that overrides <see cref="DefaultDirectory"/>; the engine and the module both heed it.</summary>
    public const string DirectoryVariable = "WIREGUARD_CONFIG_DIR";

    public static string Directory =>
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } chosen ? chosen : DefaultDirectory;

    /// <summary>
    /// NAME is NAME.conf in the directory of configurations. What has a directory separator, ends with ".conf" or cannot be
    /// a tunnel's name is a path (relative to the process's current directory, which is not PowerShell's location).
    /// </summary>
    /// <exception cref="ArgumentException">The text is empty or no path at all.</exception>
    public static ConfigLocation Resolve(string nameOrFile) => Resolve(nameOrFile, Directory);

    internal static ConfigLocation Resolve(string nameOrFile, string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrFile);
        var isName = Configuration.TunnelName.IsValid(nameOrFile)
            && !nameOrFile.EndsWith(Configuration.TunnelName.FileExtension, StringComparison.Ordinal);
        if (isName)
            return new ConfigLocation(System.IO.Path.GetFullPath(nameOrFile + Configuration.TunnelName.FileExtension, System.IO.Path.GetFullPath(directory)), nameOrFile);
        var path = System.IO.Path.GetFullPath(nameOrFile);
        return new ConfigLocation(path, Configuration.TunnelName.TryFromPath(path, out var name) ? name : null);
    }
}
