using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>Files that their owner alone may read, written whole or not at all.</summary>
internal static class PrivateFile
{
    private static readonly TimeSpan s_oldest = TimeSpan.FromHours(1);

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
        Sweep(path);
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

    // What processes have left that were killed while they wrote: there are keys in it.
    private static void Sweep(string path)
    {
        try
        {
            foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}.*.new"))
            {
                var process = left[(path.Length + 1)..^".new".Length];
                // A number says nothing of a process that another container has.
                if (process.All(char.IsAsciiDigit) && !Directory.Exists($"/proc/{process}") && DateTime.UtcNow - File.GetLastWriteTimeUtc(left) > s_oldest)
                    File.Delete(left);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The file itself is what matters; the next one tries again.
        }
    }
}
