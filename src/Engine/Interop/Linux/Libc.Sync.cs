using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>fsync(2): 0 when the file, or the names of a directory, are on the disk.</summary>
    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int FileSync(int descriptor);
}
