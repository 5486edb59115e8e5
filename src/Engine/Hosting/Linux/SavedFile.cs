using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// Puts a file with keys in the place of another, whole or not at all, for nobody who could not read the one before. Links
/// to it stay links.
/// </summary>
internal static class SavedFile
{
    /// <summary>As many symbolic links as Linux follows.</summary>
    private const int MaxLinks = 40;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <summary>
    /// Null: nobody but root and the engine's own user could have put another file in its place, and been given the keys. Else
    /// a clause that says why not.
    /// </summary>
    /// <param name="path">Absolute.</param>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static string? Objection(string path) => Objection(path, MaxLinks);

    /// <param name="path">Absolute; without an objection.</param>
    /// <param name="forOwnerAlone">Its mode is; else what others may is taken from it, and the group's and those of an access control list stay.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool forOwnerAlone)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if (!FileStatus.TryRead(target, out var before))
            throw new FileNotFoundException($"{target} is gone.");
        var folder = Path.GetDirectoryName(target)!;
        // One name for all times: what a kill leaves behind, the next one takes away.
        var next = Path.Combine(folder, $".{Path.GetFileName(target)}.new");
        File.Delete(next);
        try
        {
            var list = forOwnerAlone ? null : FileAccessList.Read(target);
            Write(next, content, before, list, (UnixFileMode)(before.Mode & 0xFFF) & (forOwnerAlone ? OwnerOnly : OwnerAndGroup));
            FaultPoint.Reached();
            File.Move(next, target, overwrite: true);
            FaultPoint.Reached();
        }
        catch
        {
            File.Delete(next);
            throw;
        }

        FileOwner.Flush(folder);
    }

    private static void Write(string path, ReadOnlySpan<byte> content, FileStatus before, byte[]? list, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        FaultPoint.Reached();
        file.Write(content[..(content.Length / 2)]);
        FaultPoint.Reached();
        file.Write(content[(content.Length / 2)..]);
        FileOwner.Set(file.SafeFileHandle, before.Owner, before.Group);
        // Of a list, the mode's bits for the group say what anybody in it may: with the folder's they would lend to others, and without one to the group.
        FileAccessList.Set(file.SafeFileHandle, null);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, list is null ? mode : mode & OwnerOnly);
        if (list is not null)
            FileAccessList.Set(file.SafeFileHandle, FileAccessList.WithoutEverybody(list));
        file.Flush(flushToDisk: true);
    }

    private static string? Objection(string path, int linksLeft)
    {
        for (var entry = path; entry is not null; entry = Path.GetDirectoryName(entry))
        {
            if (!FileStatus.TryRead(entry, out var status))
                return $"{entry} is gone";
            if (status.Owner != 0 && status.Owner != EffectiveUser.Id)
                return $"{entry} belongs to user {status.Owner}";
            if (status.IsSymbolicLink)
            {
                if (linksLeft == 0 || new FileInfo(entry).LinkTarget is not { } target)
                    return $"{entry} leads nowhere";
                if (Objection(Path.GetFullPath(target, Path.GetDirectoryName(entry)!), linksLeft - 1) is { } objection)
                    return objection;
            }
            else if (status.IsDirectory && status.IsWritableByGroupOrOthers && !status.IsSticky)
                return $"{entry} can be written by others";
        }

        return null;
    }
}
