using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>Network namespaces.</summary>
internal static unsafe partial class Libc
{
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Runs <paramref name="action"/> in the network namespace behind the descriptor, on a thread that lives for it alone:
    /// a thread whose way back could fail must not be one that anything else runs on.
    /// </summary>
    /// <exception cref="LinuxException">setns(2) refused.</exception>
    public static T RunInNetworkNamespace<T>(int namespaceDescriptor, Func<T> action)
    {
        T? result = default;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (SetNamespace(namespaceDescriptor, CLONE_NEWNET) != 0)
                    throw LinuxException.FromLastError("setns");
                result = action();
            }
            catch (Exception exception)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true, Name = "netns" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}
