using System.Runtime.Versioning;

// Sockets, modes and scripts of these tests are Linux's.
[assembly: SupportedOSPlatform("linux")]

namespace WireGuard.Tests;

/// <summary>Files of the repository and of the tests' own output.</summary>
internal static class TestPaths
{
    internal static string Root { get; } = FindRoot();

    internal static string Help => Path.Combine(Root, "en-US", "WireGuardPS.dll-Help.xml");

    internal static string About => Path.Combine(Root, "en-US", "about_WireGuard.help.txt");

    internal static string Manifest => Path.Combine(Root, "WireGuard.psd1");

    internal static string Views => Path.Combine(Root, "src", "WireGuardPS", "Module", "WireGuard.Format.ps1xml");

    internal static string Types => Path.Combine(Root, "src", "WireGuardPS", "Module", "WireGuard.Types.ps1xml");

    internal static string FakeEngine => Path.Combine(AppContext.BaseDirectory, "fake-engine");

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "WireGuard.psd1")) && Directory.Exists(Path.Combine(directory.FullName, "src")))
                return directory.FullName;
        }

        throw new DirectoryNotFoundException("The repository's root is not above the test assembly.");
    }
}
