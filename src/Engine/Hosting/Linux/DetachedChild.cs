using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using WireGuard.Api;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// The started side of `up`: leaves its parent's session, tells over the pipe on standard output whether it is ready,
/// then lets go of the parent's descriptors. Nothing in a detached engine may use <see cref="Console"/>, which would
/// keep a second copy of the pipe.
/// </summary>
internal static class DetachedChild
{
    /// <summary>Call first thing, with paths made absolute before.</summary>
    public static void Enter()
    {
        // Fails only for a process group's leader, which then has no terminal's job control above it either way.
        _ = ProcessCalls.StartSession();
        Directory.SetCurrentDirectory("/");
    }

    /// <summary>Writes the one line that the parent waits for and drops standard input, output and error.</summary>
    public static void Report(StartReport report)
    {
        try
        {
            using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            output.Write([.. JsonSerializer.SerializeToUtf8Bytes(report, ControlJsonContext.Default.StartReport), (byte)'\n']);
        }
        catch (IOException)
        {
            // The parent gave up; it ends us itself.
        }

        ProcessCalls.DropStandardStreams();
    }
}
