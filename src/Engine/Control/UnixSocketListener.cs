using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Control;

/// <summary>
/// A listening AF_UNIX stream socket at a path: directory 0700, socket 0600 (0755 and 0660 for a group), a dead predecessor cleared away, a living
/// one respected. Dispose removes the file, but only while it is still the one that was made here.
/// </summary>
public sealed class UnixSocketListener : IDisposable
{
    private const int Backlog = 64;
    private static readonly TimeSpan s_watchInterval = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly FileStatus _file;
    private readonly bool _hasFile;
    private readonly bool _ownsFile;
    private ITimer? _watch;
    private int _removalTold;
    private int _disposed;

    private UnixSocketListener(Socket socket, string path, bool ownsFile)
    {
        _socket = socket;
        Path = path;
        _ownsFile = ownsFile;
        _hasFile = FileStatus.TryRead(path, out _file);
    }

    public string Path { get; }

    /// <summary>Once, from a timer's thread, when the file was deleted or replaced: the sign to exit.</summary>
    public event Action? SocketFileRemoved;

    /// <summary>The path of a tunnel's socket.</summary>
    /// <exception cref="ArgumentException">The name is no interface name, as wg(8) has them.</exception>
    public static string PathFor(string directory, string tunnel)
    {
        var valid = tunnel is { Length: > 0 and <= 15 } and not ("." or "..")
            && tunnel.All(c => char.IsAsciiLetterOrDigit(c) || "_=+.-".Contains(c));
        return valid
            ? System.IO.Path.Combine(directory, tunnel + ".sock")
            : throw new ArgumentException("A tunnel's name has 1 to 15 characters of a-z, A-Z, 0-9 and _=+.-", nameof(tunnel));
    }

    /// <summary>Opens the socket; connections wait in its queue until they are accepted.</summary>
    /// <param name="group">Whose members may connect too.</param>
    /// <exception cref="UnixSocketException">Somebody is there already, the place is not safe, or the system refused.</exception>
    public static UnixSocketListener Bind(string path, ControlGroup? group = null)
    {
        SocketDirectory.Ensure(System.IO.Path.GetDirectoryName(path)!, isShared: group is not null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            ListenAt(socket, path, group);
            return new UnixSocketListener(socket, path, ownsFile: true);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            socket.Dispose();
            throw new UnixSocketException(UnixSocketError.SystemRefused, $"The socket {path} cannot be opened: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes over a socket that is listening already (WG_UAPI_FD). The file at <paramref name="path"/>, if there is one,
    /// is watched but belongs to whoever made it.
    /// </summary>
    /// <exception cref="UnixSocketException">The descriptor is no listening AF_UNIX socket.</exception>
    public static UnixSocketListener FromDescriptor(int descriptor, string path)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var socket = new Socket(handle);
            if (socket.AddressFamily == AddressFamily.Unix && socket.SocketType == SocketType.Stream && IsListening(socket))
                return new UnixSocketListener(socket, path, ownsFile: false);
            throw new SocketException((int)SocketError.OperationNotSupported);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // A number that is not what it was said to be may be any file of this process: it is not closed.
            handle.SetHandleAsInvalid();
            throw new UnixSocketException(UnixSocketError.SystemRefused, $"Descriptor {descriptor} is not a listening AF_UNIX stream socket.", e);
        }
    }

    /// <summary>
    /// Removes a tunnel's socket on which nobody listens, as an engine that was killed leaves it; anything else stays.
    /// </summary>
    public static void RemoveStale(string path)
    {
        try
        {
            if (FileStatus.TryRead(path, out var found) && found.IsSocket)
                ClearPredecessor(path);
        }
        catch (Exception e) when (e is UnixSocketException or IOException or UnauthorizedAccessException or SocketException)
        {
            // Somebody answers, or it is not ours to remove.
        }
    }

    /// <summary>Begins to look, once a second, whether the file is still there.</summary>
    public void Watch(TimeProvider time)
    {
        if (_hasFile)
            _watch ??= time.CreateTimer(_ => LookForFile(), null, s_watchInterval, s_watchInterval);
    }

    public ValueTask<Socket> AcceptAsync(CancellationToken cancellation) => _socket.AcceptAsync(cancellation);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _watch?.Dispose();
        if (_ownsFile && IsFileOurs())
            TryDelete(Path);
        _socket.Dispose();
    }

    private static bool IsListening(Socket socket) =>
        socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is int and not 0;

    private void LookForFile()
    {
        if (Volatile.Read(ref _disposed) == 0 && !IsFileOurs() && Interlocked.Exchange(ref _removalTold, 1) == 0)
            SocketFileRemoved?.Invoke();
    }

    private bool IsFileOurs()
    {
        try
        {
            return FileStatus.TryRead(Path, out var now) && now.IsSocket && now.IsSameFile(_file);
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Bound under a name of its own, given its mode, made to listen, and only then given the name that clients know:
    // whoever finds the socket can use it, or may not. Socket deletes the name that it was bound to when it is disposed
    // of; that name is gone by then, so the deletion of the real one stays in our hands.
    private static void ListenAt(Socket socket, string path, ControlGroup? group)
    {
        ClearPredecessor(path);
        var birthName = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $".{Environment.ProcessId}.{Guid.NewGuid():N}"[..16]);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(birthName));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(birthName, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (group is not null)
                SocketDirectory.Share(birthName, group);
            socket.Listen(Backlog);
            if (!FileLink.TryCreate(birthName, path))
                throw TunnelExists(path);
        }
        finally
        {
            TryDelete(birthName);
        }
    }

    private static void ClearPredecessor(string path)
    {
        if (!FileStatus.TryRead(path, out var found))
            return;
        if (!found.IsSocket)
            throw new UnixSocketException(UnixSocketError.PathOccupied, $"{path} exists and is not a socket; it is left as it is.");
        if (IsAnswered(path))
            throw TunnelExists(path);

        // Between the question and the deletion another engine may have put its own socket there: look once more.
        if (FileStatus.TryRead(path, out var now) && now.IsSameFile(found))
            File.Delete(path);
    }

    /// <summary>Somebody listens there, or it cannot be told that nobody does.</summary>
    /// <exception cref="SocketException">There is not even a socket to ask by.</exception>
    public static bool IsAnswered(string path)
    {
        // Non-blocking: a living engine whose queue is full must not hold us up; it is told by EAGAIN.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.ConnectionRefused && FileStatus.TryRead(path, out _);
        }
    }

    private static UnixSocketException TunnelExists(string path) =>
        new(UnixSocketError.TunnelExists, $"Tunnel {System.IO.Path.GetFileNameWithoutExtension(path)} is running already (its socket {path} answers).");

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed by somebody else, or no longer ours to remove: there is nothing left to do.
        }
    }
}
