namespace WireGuard.Client;

/// <summary>The network namespace that an engine runs in, seen from this process.</summary>
internal static partial class EngineNamespace
{
    /// <summary>True: it is another than ours. False also where that cannot be found out.</summary>
    internal static bool IsAnothers(int processId) => OperatingSystem.IsLinux() && IsAnothersOnLinux(processId);
}
