using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>Finds the engine's executable.</summary>
internal static class EngineLocator
{
    /// <summary>Names the executable outright; nothing else is looked at then.</summary>
    internal const string Variable = "WIREGUARD_ENGINE";

    private static string FileName => OperatingSystem.IsWindows() ? "wireguard-engine.exe" : "wireguard-engine";

    /// <exception cref="WgException">EngineNotFound, with every place that was looked at.</exception>
    internal static string Find() =>
        Find(Path.GetDirectoryName(typeof(EngineLocator).Assembly.Location) ?? "", Environment.GetEnvironmentVariable(Variable));

    internal static string Find(string moduleDirectory, string? chosen)
    {
        if (!string.IsNullOrEmpty(chosen))
        {
            return IsExecutable(chosen)
                ? Path.GetFullPath(chosen)
                : throw new WgException(ErrorIds.EngineNotFound, $"$env:{Variable} names '{chosen}', which is no executable file.");
        }

        string[] places =
        [
            Path.Combine(moduleDirectory, "engine", FileName),
            Path.GetFullPath(Path.Combine(moduleDirectory, "..", "engine", FileName)),
        ];
        return Array.Find(places, IsExecutable) ?? throw new WgException(ErrorIds.EngineNotFound, Array.Find(places, File.Exists) is { } barred
            ? $"The engine '{barred}' may not be executed: whatever unpacked it has lost its mode (chmod +x)."
            : $"The engine was found neither at '{places[0]}' nor at '{places[1]}', and $env:{Variable} is not set.");
    }

    private static bool IsExecutable(string path)
    {
        if (!File.Exists(path))
            return false;
        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & anyExecute) != 0;
    }
}
