using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// Linux system calls by their libc names, one file a group. They return what the C functions return and leave errno to
/// <see cref="LastError"/>; who calls them decides what an error means. Descriptors are always made close-on-exec.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int FD_CLOEXEC = 1;

    /// <summary>errno of this thread's last call.</summary>
    public static int LastError => Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "writev", SetLastError = true)]
    public static partial nint WriteVectors(int descriptor, IoVector* vectors, int count);

    /// <summary>Not repeated on EINTR: Linux has released the descriptor even then.</summary>
    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>open(2), repeated on EINTR, close-on-exec.</summary>
    public static int Open(string path, int flags)
    {
        int descriptor;
        do
            descriptor = OpenOnce(path, flags | O_CLOEXEC);
        while (descriptor < 0 && LastError == Errno.EINTR);
        return descriptor;
    }

    /// <summary>Makes an inherited descriptor non-blocking and close-on-exec. False: errno tells why.</summary>
    public static bool SetNonBlockingAndCloseOnExec(int descriptor)
    {
        var flags = Fcntl(descriptor, F_GETFL, 0);
        return flags >= 0
            && Fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0
            && Fcntl(descriptor, F_SETFD, FD_CLOEXEC) >= 0;
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenOnce(string path, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, nint argument);
}
