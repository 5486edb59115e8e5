namespace WireGuard.Tests;

/// <summary>A test that needs root, network namespaces and TUN; skipped with the reason where one is missing.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = RootRequirement.Missing;
}

/// <inheritdoc cref="RootFactAttribute"/>
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = RootRequirement.Missing;
}

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
