namespace WireGuard.Tests.Structure;

/// <summary>Finds the checkout that the tests were built from; source paths in a deterministic build tell nothing.</summary>
internal static class RepositoryFiles
{
    internal static string Root { get; } = FindRoot();

    internal static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "WireGuardPS.sln")))
                return directory.FullName;
        throw new InvalidOperationException($"No WireGuardPS.sln above {AppContext.BaseDirectory}.");
    }
}
