using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Control;

/// <summary>
/// The directory of sockets: nobody but its owner may put anything in the place of a socket there, nor anything in the
/// place of the directory or of one above it.
/// </summary>
internal static class SocketDirectory
{
    /// <summary>As many symbolic links as Linux follows.</summary>
    private const int MaxLinks = 40;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Visible = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Creates it with mode 0700 if it is missing, then checks what is there.</summary>
    /// <param name="isShared">
    /// Others may come by and see what is there, which are the names of interfaces: the sockets' own modes say who may use which,
    /// and there may be tunnels of several groups.
    /// </param>
    /// <exception cref="UnixSocketException">It is not safe, or could not be created.</exception>
    internal static void Ensure(string path, bool isShared = false)
    {
        try
        {
            // A missing directory is made with its final mode at once; one that is there keeps its own.
            if (!OperatingSystem.IsWindows() && !FileStatus.TryRead(path, out _))
                Directory.CreateDirectory(path, OwnerOnly);
            if (!FileStatus.TryRead(path, out var status))
                throw Unsafe($"{path} vanished while it was being prepared.");
            Check(path, status);
            CheckAbove(Path.GetFullPath(path), MaxLinks);
            if (isShared && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) | Visible);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnixSocketException(UnixSocketError.SystemRefused, $"The directory {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Lets a group's members connect to a socket.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void Share(string socket, ControlGroup group)
    {
        FileOwner.SetGroup(socket, group.Id);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static void Check(string path, FileStatus status)
    {
        if (status.IsSymbolicLink)
            throw Unsafe($"{path} is a symbolic link; a directory of sockets must not be one.");
        if (!status.IsDirectory)
            throw Unsafe($"{path} is not a directory.");
        if (status.Owner != 0 && status.Owner != EffectiveUser.Id)
            throw Unsafe($"{path} belongs to user {status.Owner}, who could replace the sockets in it.");
        if (status.IsWritableByGroupOrOthers)
            throw Unsafe($"{path} is writable by others than its owner; its mode should be 0700.");
    }

    private static void CheckAbove(string path, int linksLeft)
    {
        for (var above = Path.GetDirectoryName(path); above is not null; above = Path.GetDirectoryName(above))
        {
            if (!FileStatus.TryRead(above, out var status))
                throw Unsafe($"{above} vanished while it was being checked.");
            if (status.Owner != 0 && status.Owner != EffectiveUser.Id)
                throw Unsafe($"{above} belongs to user {status.Owner}, who could replace what is below it.");
            if (!status.IsSymbolicLink && status.IsWritableByGroupOrOthers && !status.IsSticky)
                throw Unsafe($"{above} is writable by others than its owner, who could replace what is below it.");
            if (status.IsSymbolicLink && Directory.ResolveLinkTarget(above, returnFinalTarget: false) is { } target)
            {
                if (linksLeft == 0)
                    throw Unsafe($"{above} is one symbolic link too many.");
                // A name below it, so that the target is checked as well.
                CheckAbove(Path.Combine(target.FullName, "entry"), linksLeft - 1);
            }
        }
    }

    private static UnixSocketException Unsafe(string message) => new(UnixSocketError.UnsafeDirectory, message);
}
