using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Binding;

/// <summary>A configuration file, read and checked as the engine would.</summary>
internal static class ConfigCheck
{
    private const string Extension = ".conf";

    internal static string PathOf(string tunnel) => Path.Combine(ConfigLocation.Directory, tunnel + Extension);

    /// <summary>
    /// Whether a text names a file in the configuration directory rather than being a path: <see cref="ConfigLocation"/>'s
    /// rule, so that Start-WgTunnel and `wireguard-engine up` take the same text for the same file.
    /// </summary>
    internal static bool IsName(string text) => TunnelName.IsValid(text) && !text.EndsWith(Extension, StringComparison.Ordinal);

    /// <summary>The tunnel that a file is for: its name without ".conf", as wg-quick(8) has it.</summary>
    /// <exception cref="WgException">InvalidTunnelName.</exception>
    internal static string TunnelOf(string path) => IsOfTunnel(path) ? Path.GetFileNameWithoutExtension(path) : throw NoName(path);

    internal static bool IsOfTunnel(string path) => Path.GetExtension(path) == Extension && TunnelName.IsValid(Path.GetFileNameWithoutExtension(path));

    /// <summary>All that is wrong or doubtful in it; empty for a faultless file.</summary>
    /// <param name="derive">Gives the public key of the file's private one, or null where it cannot.</param>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied.</exception>
    internal static IReadOnlyList<ConfigDiagnostic> Check(string path, Func<SecretKey, PublicKey?>? derive = null)
    {
        var result = Read(path);
        using var config = result.Config;
        if (config is null)
            return result.Diagnostics;
        var own = config.Interface.PrivateKey is { } key && config.Peers.Count > 0 ? derive?.Invoke(key) : null;
        return [.. result.Diagnostics, .. own is { } found ? ConfigSupport.OwnPeer(config, found) : [], .. ConfigSupport.HooksNotRun(config)];
    }

    /// <summary>Its warnings.</summary>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied, ConfigInvalid.</exception>
    /// <param name="allowHooks">False: each of its commands is a warning.</param>
    internal static IReadOnlyList<ConfigDiagnostic> Validate(string path, bool allowHooks)
    {
        var result = Read(path);
        using var config = result.Config;
        ThrowOnErrors(ErrorIds.ConfigInvalid, result.Diagnostics);
        return [.. result.Diagnostics, .. config is null || allowHooks ? [] : ConfigSupport.HooksNotRun(config)];
    }

    /// <summary>For a tunnel that runs: hooks and SaveConfig, which belong to start and stop, are of no matter, and its key may stay.</summary>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied, ConfigInvalid.</exception>
    internal static TunnelConfig Load(string path, out IReadOnlyList<ConfigDiagnostic> warnings) => Accept(Read(path), out warnings);

    /// <summary>As <see cref="Load"/>, of what has been read already.</summary>
    /// <exception cref="WgException">ConfigInvalid.</exception>
    internal static TunnelConfig Accept(ConfigResult result, out IReadOnlyList<ConfigDiagnostic> warnings)
    {
        ThrowOnErrors(ErrorIds.ConfigInvalid, result.Diagnostics);
        warnings = [.. result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Warning && d.Id != "NoPrivateKey")];
        return result.Config!;
    }

    /// <summary>"wg0.conf:3:14: ...", for a stream that says by itself that it is a warning.</summary>
    internal static string WithoutSeverity(ConfigDiagnostic diagnostic)
    {
        var text = diagnostic.ToString();
        return WithoutSeverity(text[..^diagnostic.Message.Length]) + diagnostic.Message;
    }

    /// <summary>As above, of what an engine has told.</summary>
    internal static string WithoutSeverity(string warning)
    {
        const string Severity = ": warning: ";
        var at = warning.IndexOf(Severity, StringComparison.Ordinal);
        return at < 0 ? warning : $"{warning[..at]}: {warning[(at + Severity.Length)..]}";
    }

    /// <summary>Whether what may be a tunnel's name, wildcards in it or not, is a path of files.</summary>
    internal static bool IsPath(string text) => text.EndsWith(Extension, StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal);

    /// <param name="inner">What was found out; left away where its text would repeat a key.</param>
    internal static WgException NoFile(string path, Exception? inner = null) => KeyLike.IsIn(path)
        ? new(ErrorIds.ConfigNotFound, NotContent) { Advice = GiveThePath }
        : new(ErrorIds.ConfigNotFound, $"There is no configuration file '{path}'.", inner);

    private const string NotContent =
        $"A configuration file's path is asked for, not what is in the file: there is no file of this name {KeyLike.Hidden}.";

    private const string GiveThePath = "Give the file's path, or a tunnel's name; ConvertFrom-WgConfig takes the text of a file.";

    private static WgException NoName(string path) => KeyLike.IsIn(path) && !File.Exists(path)
        ? new(ErrorIds.InvalidTunnelName, NotContent) { Advice = GiveThePath }
        : new(ErrorIds.InvalidTunnelName, $"'{Path.GetFileName(path)}' is not called NAME{Extension}: the file's name without '{Extension}' is the tunnel's.")
        {
            Advice = $"Rename the file to NAME{Extension}, where NAME has 1 to 15 of the characters a-z A-Z 0-9 _ = + . -",
        };

    /// <summary>Whether the file can be read at all is not the file's fault: another ErrorId than for what is in it.</summary>
    /// <exception cref="WgException">ConfigNotFound, AccessDenied.</exception>
    internal static void DemandReadable(string path)
    {
        if (Directory.Exists(path))
            throw NoFile(path);
        try
        {
            // Pipes and devices are the parser's to refuse: opening one may block.
            if (!ConfigFile.IsEmptyOrSpecial(path))
                File.OpenRead(path).Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NoFile(path, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WgException(ErrorIds.AccessDenied, $"The configuration file '{path}' may not be read by this user.", e) { Advice = "Run PowerShell as root, or let this user read the file." };
        }
        catch (IOException e)
        {
            throw KeyLike.IsIn(path) ? NoFile(path) : new WgException(ErrorIds.ConfigNotFound, $"The configuration file '{path}' cannot be read: {e.Message}", e) { Advice = "The message has the system's own words." };
        }
    }

    private static ConfigResult Read(string path)
    {
        DemandReadable(path);
        return ConfigParser.ParseFile(path);
    }

    private static void ThrowOnErrors(string errorId, IReadOnlyList<ConfigDiagnostic> diagnostics)
    {
        List<string> errors = [.. diagnostics.Where(d => d.Severity == ConfigSeverity.Error).Select(d => d.ToString())];
        if (errors.Count > 0)
            throw WgException.Of(errorId, errors);
    }
}
