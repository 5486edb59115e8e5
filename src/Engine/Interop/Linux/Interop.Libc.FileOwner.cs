using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>What .NET does not do with a file: give it to an owner, and have a folder's entries reach the disk.</summary>
internal static partial class FileOwner
{
    /// <summary>fchown(2).</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void Set(SafeHandle file, uint owner, uint group)
    {
        if (ChangeOwner(file, owner, group) != 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    /// <summary>chown(2) of the group alone.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void SetGroup(string path, uint group)
    {
        if (ChangeOwner(path, uint.MaxValue, group) != 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>fsync(2) of a folder, where its file system has that.</summary>
    internal static void Flush(string folder)
    {
        var descriptor = Libc.Open(folder, Libc.O_RDONLY);
        if (descriptor < 0)
            return;
        _ = Synchronize(descriptor);
        _ = Libc.Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);
}
