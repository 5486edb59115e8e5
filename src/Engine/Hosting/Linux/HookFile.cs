using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>Whether commands of a configuration file may be run as root: nobody but root could have put them there.</summary>
internal static class HookFile
{
    /// <summary>Null: it may be. Else a clause that says why not.</summary>
    /// <param name="path">Absolute.</param>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static string? Objection(string path)
    {
        if (!FileStatus.TryRead(path, out var file))
            return "the file is gone";
        if (Objection(path, file, mayBeSticky: false) is { } ofFile)
            return ofFile;
        var isNearest = true;
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            // Further up, others may add files of their own where they cannot rename ours: /tmp.
            if (!FileStatus.TryRead(folder, out var status))
                return $"{folder} is gone";
            if (Objection(folder, status, mayBeSticky: !isNearest) is { } objection)
                return objection;
            isNearest = false;
        }

        return null;
    }

    private static string? Objection(string path, FileStatus status, bool mayBeSticky) =>
        status.IsSymbolicLink ? $"{path} is a symbolic link"
        : status.Owner != 0 ? $"{path} does not belong to root"
        : status.IsWritableByGroupOrOthers && !(mayBeSticky && status.IsSticky) ? $"{path} can be written by others than root"
        : null;
}
