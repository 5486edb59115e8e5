namespace WireGuard.Tests;

/// <summary>Root, network namespaces and TUN on this machine.</summary>
internal static class RootRequirement
{
    /// <summary>What is missing, or null.</summary>
    public static string? Missing { get; } = Find();

    private static string? Find()
    {
        if (!OperatingSystem.IsLinux())
            return "needs Linux";
        if (!Environment.IsPrivilegedProcess)
            return "needs root";
        if (!File.Exists("/dev/net/tun"))
            return "needs /dev/net/tun";
        if (!ExistsOnPath("ip"))
            return "needs iproute2";
        try
        {
            using var netns = NetworkNamespace.Create();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return $"needs network namespaces: {exception.Message}";
        }
    }

    private static bool ExistsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
