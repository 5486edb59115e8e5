using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>A second name for a file: what rename(2) lacks is that it fails when the new name is taken.</summary>
internal static partial class FileLink
{
    private const int Exists = 17;

    /// <summary>False when the new name is taken already.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static bool TryCreate(string existing, string name)
    {
        if (Link(existing, name) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == Exists)
            return false;
        throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
