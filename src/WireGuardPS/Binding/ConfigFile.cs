using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>A configuration file, read and checked as the engine would.</summary>
internal static class ConfigFile
{
    internal const string Directory = "/etc/wireguard";

    internal static string PathOf(string tunnel) => Path.Combine(Directory, tunnel + ".conf");

    /// <summary>All that is wrong or doubtful in it; empty for a faultless file.</summary>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied.</exception>
    internal static IReadOnlyList<ConfigDiagnostic> Check(string path)
    {
        var result = Read(path);
        using var config = result.Config;
        return config is null ? result.Diagnostics : [.. result.Diagnostics, .. ConfigSupport.Unsupported(config)];
    }

    /// <summary>Its warnings.</summary>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied, ConfigInvalid, ConfigUnsupported.</exception>
    internal static IReadOnlyList<ConfigDiagnostic> Validate(string path)
    {
        var result = Read(path);
        using var config = result.Config;
        ThrowOnErrors(ErrorIds.ConfigInvalid, result.Diagnostics);
        var unsupported = config is null ? [] : ConfigSupport.Unsupported(config);
        ThrowOnErrors(ErrorIds.ConfigUnsupported, unsupported);
        return [.. result.Diagnostics, .. unsupported];
    }

    private static ConfigResult Read(string path)
    {
        try
        {
            return File.Exists(path)
                ? ConfigParser.ParseFile(path)
                : throw new WgException(ErrorIds.ConfigNotFound, $"There is no configuration file '{path}'.");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WgException(ErrorIds.AccessDenied, $"The configuration file '{path}' may not be read by this user.", e);
        }
        catch (IOException e)
        {
            throw new WgException(ErrorIds.ConfigNotFound, $"The configuration file '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static void ThrowOnErrors(string errorId, IReadOnlyList<ConfigDiagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == ConfigSeverity.Error).ToList();
        if (errors.Count > 0)
            throw new WgException(errorId, string.Join(Environment.NewLine, errors));
    }
}
