namespace WireGuard.Engine.Interop.Linux;

/// <summary>A network namespace that is held open, by the name or path that it was asked for.</summary>
internal sealed class NamespaceHandle : IDisposable
{
    private const string Folder = "/run/netns";
    private const string OfThisThread = "/proc/thread-self/ns/net";

    // A pipe that somebody takes for one would keep whoever opens it waiting.
    private const int OpenFlags = Libc.O_RDONLY | Libc.O_NONBLOCK;

    private readonly int _descriptor;
    private readonly FileIdentity _identity;

    private NamespaceHandle(string path, int descriptor)
    {
        Path = path;
        _descriptor = descriptor;
        _ = FileIdentity.TryGet(descriptor, out _identity);
    }

    /// <summary>Where it was found.</summary>
    public string Path { get; }

    /// <summary>A name as ip-netns(8) gives them, or a path, which has a slash.</summary>
    /// <exception cref="LinuxException">There is none, or it may not be entered.</exception>
    public static NamespaceHandle Open(string nameOrPath)
    {
        var handle = OpenPath(PathOf(nameOrPath));
        try
        {
            // What is no network namespace tells now, and not at the first use.
            return handle.Run(() => handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Two handles of one namespace.</summary>
    public bool IsSameAs(NamespaceHandle other) => _identity == other._identity;

    /// <summary>The calling thread's.</summary>
    /// <exception cref="LinuxException"/>
    public static NamespaceHandle OpenOwn() => OpenPath(OfThisThread);

    public static string PathOf(string nameOrPath) => nameOrPath.Contains('/') ? nameOrPath : System.IO.Path.Combine(Folder, nameOrPath);

    /// <summary>Runs it inside, on a thread of its own; threads that it makes are inside too.</summary>
    public T Run<T>(Func<T> inside) => Libc.RunInNetworkNamespace(_descriptor, inside);

    /// <inheritdoc cref="Run{T}(Func{T})"/>
    public void Run(Action inside) => Run(() =>
    {
        inside();
        return true;
    });

    /// <summary>Whether the path still leads to it.</summary>
    public bool IsStillThere()
    {
        var descriptor = Libc.Open(Path, OpenFlags);
        if (descriptor < 0)
            return Libc.LastError is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH);
        var isSame = FileIdentity.TryGet(descriptor, out var now) && now == _identity;
        _ = Libc.Close(descriptor);
        return isSame;
    }

    public void Dispose() => _ = Libc.Close(_descriptor);

    private static NamespaceHandle OpenPath(string path)
    {
        var descriptor = Libc.Open(path, OpenFlags);
        return descriptor >= 0 ? new NamespaceHandle(path, descriptor) : throw LinuxException.FromLastError($"open({path})");
    }
}
