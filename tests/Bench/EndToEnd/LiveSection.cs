using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Bench.EndToEnd;

/// <summary>What every section with live engines needs: namespaces, iperf3, and a folder of their own for sockets.</summary>
internal static class LiveSection
{
    public static Section Measure(string title, string engine, Func<Section> measure)
    {
        if (OperatingSystem.IsWindows())
            return Section.NotMeasured(title, "needs network namespaces");
        var directory = Directory.CreateTempSubdirectory("wireguard-bench-");
        var sockets = Directory.CreateDirectory(Path.Combine(directory.FullName, "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable(ControlProtocol.DirectoryVariable, sockets.FullName);
        Environment.SetEnvironmentVariable(InteropRequirement.EngineVariable, engine);
        try
        {
            return InteropRequirement.Missing(["iperf3"]) is { } missing ? Section.NotMeasured(title, missing) : measure();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
