namespace WireGuard.Configuration;

/// <summary>
/// Reads the configuration grammar of wg(8) and wg-quick(8). One pass finds every error, each with its line and column;
/// there is a configuration only when there are none. Keys that have no effect without leave are
/// <see cref="ConfigSupport"/>'s matter.
/// </summary>
public static class ConfigParser
{
    /// <summary>A longer file is refused before it is read.</summary>
    public const int MaxFileBytes = 16 * 1024 * 1024;

    /// <param name="text">The whole file; a byte order mark at its start does no harm.</param>
    /// <param name="path">Named in diagnostics and in the result; nothing is opened.</param>
    public static ConfigResult Parse(string text, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var diagnostics = new DiagnosticBag(path);
        return Parse(text.AsMemory(), path, diagnostics, out _);
    }

    /// <summary>
    /// Reads a file (UTF-8, with or without a byte order mark). What keeps it from being read is an error in the result,
    /// "FileNotFound", "FileUnreadable", "FileTooLarge" or "InvalidEncoding", as is everything in it that is wrong.
    /// Warns when others on this machine can read its private key.
    /// </summary>
    public static ConfigResult ParseFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var diagnostics = new DiagnosticBag(path);
        using var file = ConfigFile.Read(path, diagnostics);
        if (file is null)
            return new ConfigResult(null, diagnostics.ToList());
        var result = Parse(file.Text, path, diagnostics, out var hasPrivateKey);
        if (!hasPrivateKey || file.Exposure == FileExposure.None)
            return result;
        if (file.Exposure.HasFlag(FileExposure.Read))
            diagnostics.Warning("WorldReadable", default, "Everybody on this machine can read the file and the private key in it; chmod 600 it.");
        if (file.Exposure.HasFlag(FileExposure.Write))
            diagnostics.Warning("WorldWritable", default, "Everybody on this machine can change the file; chmod 600 it.");
        return result with { Diagnostics = diagnostics.ToList() };
    }

    /// <summary>As <see cref="ParseFile"/>, for who has no use for warnings.</summary>
    /// <exception cref="ConfigException">There are errors; it lists all of them.</exception>
    public static TunnelConfig Load(string path)
    {
        var result = ParseFile(path);
        return result.Config ?? throw new ConfigException(result.Diagnostics);
    }

    internal static ConfigResult Parse(ReadOnlyMemory<char> text, string? path, DiagnosticBag diagnostics, out bool hasPrivateKey)
    {
        const char ByteOrderMark = '\uFEFF';
        using var reader = new ConfigReader(text.Span.StartsWith(ByteOrderMark) ? text[1..] : text, path, diagnostics);
        var config = reader.Read(out hasPrivateKey);
        return new ConfigResult(config, diagnostics.ToList());
    }
}
