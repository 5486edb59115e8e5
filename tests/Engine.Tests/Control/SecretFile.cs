using WireGuard.Api;

namespace WireGuard.Tests.Control;

/// <summary>A file that only its owner can read, for programs that take keys and configurations by path.</summary>
internal sealed class SecretFile : IDisposable
{
    internal SecretFile(string text) => File.WriteAllText(Path, text);

    internal SecretFile(SecretKey key)
        : this(key.ToBase64() + "\n")
    {
    }

    // Made with mode 0600.
    internal string Path { get; } = System.IO.Path.GetTempFileName();

    public void Dispose() => File.Delete(Path);
}
