using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>Files that their owner alone may read, written whole or not at all.</summary>
internal static class PrivateFile
{
    /// <summary>Makes the file what is said, whether there is one or not.</summary>
    /// <exception cref="IOException">The system refused (also UnauthorizedAccessException); the file is as it was.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> content) => Write(path, content, overwrite: true);

    /// <summary>Makes a file; one that is there is not touched.</summary>
    /// <exception cref="IOException">As of <see cref="Replace"/>, or there is one.</exception>
    internal static void Create(string path, ReadOnlySpan<byte> content) => Write(path, content, overwrite: false);

    private static void Write(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // Of a name that no other process has, so that what one has begun is not another's.
        var next = $"{path}.{Environment.ProcessId}.new";
        File.Delete(next);
        try
        {
            using (var file = new FileStream(next, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite);
        }
        finally
        {
            File.Delete(next);
        }

        StateDirectory.Flush(Path.GetDirectoryName(path)!);
    }
}
