namespace WireGuard.Tests.Control;

/// <summary>A directory of sockets of a test's own: short, because a socket's path has 107 bytes at most.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("wgctl-");

    internal string Root => _root.FullName;

    /// <summary>Not created yet.</summary>
    internal string Sockets => Path.Combine(Root, "run");

    public void Dispose() => _root.Delete(recursive: true);
}
