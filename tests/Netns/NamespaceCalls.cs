using System.ComponentModel;
using System.Runtime.InteropServices;

namespace WireGuard.Tests;

/// <summary>The calls that move a thread into a network namespace; the tests' own, so that they do not trust the engine's.</summary>
internal static partial class NamespaceCalls
{
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int NewNet = 0x40000000;

    /// <summary>The calling thread must have been made for this: nothing brings it back.</summary>
    public static void Enter(string path)
    {
        var descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"open({path}): {Marshal.GetLastPInvokeErrorMessage()}");
        var result = SetNamespace(descriptor, NewNet);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
            throw new Win32Exception(error, $"setns({path}): {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}
