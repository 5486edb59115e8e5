using WireGuard.Configuration;

namespace WireGuard.Engine.Hosting;

/// <summary>A tunnel's configuration, found by name or path, and read.</summary>
public static class TunnelFile
{
    /// <param name="nameOrPath">NAME, or a file.</param>
    /// <param name="warnings">What is doubtful about the file but does not refuse it.</param>
    /// <exception cref="StartException">ConfigNotFound, ConfigInvalid, AccessDenied.</exception>
    public static (string Name, TunnelConfig Config) Load(string nameOrPath, out IReadOnlyList<ConfigDiagnostic> warnings)
    {
        var (path, name) = Locate(nameOrPath);
        return (name, Read(path, out warnings));
    }

    /// <summary>As <see cref="Load"/>, of a file of any name.</summary>
    /// <exception cref="StartException">ConfigNotFound, ConfigInvalid, AccessDenied.</exception>
    public static TunnelConfig Read(string path, out IReadOnlyList<ConfigDiagnostic> warnings)
    {
        var result = ConfigParser.ParseFile(path);
        warnings = [];
        if (result.Config is not { } config || result.HasErrors)
        {
            result.Config?.Dispose();
            throw new StartException(IdOf(result.Diagnostics), Describe(result.Diagnostics));
        }

        warnings = [.. result.Diagnostics, .. OwnPeer.Warnings(config)];
        return config;
    }

    /// <summary>Absolute path and tunnel name; nothing is opened.</summary>
    /// <exception cref="StartException">ConfigInvalid: the file's name cannot be a tunnel's.</exception>
    public static (string Path, string Name) Locate(string nameOrPath)
    {
        var location = Resolve(nameOrPath);
        return (location.Path, location.TunnelName ?? throw new StartException(
            StartErrorId.ConfigInvalid,
            $"{location.Path}: the file's name gives the tunnel its name and must be NAME{TunnelName.FileExtension}. {TunnelName.Rule}"));
    }

    /// <summary>As <see cref="ConfigLocation.Resolve(string)"/>, for a file of any name.</summary>
    /// <exception cref="StartException">ConfigNotFound: the text is empty.</exception>
    public static ConfigLocation Resolve(string nameOrPath) => string.IsNullOrWhiteSpace(nameOrPath)
        ? throw new StartException(StartErrorId.ConfigNotFound, "The name or path of the configuration is empty.")
        : ConfigLocation.Resolve(nameOrPath);

    private static string Describe(IEnumerable<ConfigDiagnostic> diagnostics) =>
        string.Join('\n', diagnostics.Where(d => d.Severity == ConfigSeverity.Error));

    private static StartErrorId IdOf(IReadOnlyList<ConfigDiagnostic> diagnostics) =>
        diagnostics.Any(d => d.Id == "FileNotFound") ? StartErrorId.ConfigNotFound : StartErrorId.ConfigInvalid;
}
