using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Making a network namespace.</summary>
internal static unsafe partial class Libc
{
    /// <summary>
    /// A new network namespace as a descriptor, which keeps it alive; there is nothing in it but a loopback interface that
    /// is down. Made on a thread that lives for it alone and takes its place in it to the grave.
    /// </summary>
    /// <exception cref="LinuxException">EPERM: root or CAP_SYS_ADMIN is needed.</exception>
    public static int NewNetworkNamespace()
    {
        var descriptor = -1;
        LinuxException? failure = null;
        var thread = new Thread(() =>
        {
            if (Unshare(CLONE_NEWNET) != 0)
                failure = LinuxException.FromLastError("unshare(CLONE_NEWNET)");
            else if ((descriptor = Open("/proc/thread-self/ns/net", O_RDONLY)) < 0)
                failure = LinuxException.FromLastError("open(/proc/thread-self/ns/net)");
        })
        { IsBackground = true, Name = "new netns" };
        thread.Start();
        thread.Join();
        return failure is null ? descriptor : throw failure;
    }

    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}
