using System.Diagnostics;
using System.Globalization;

namespace WireGuard.Tests.Clock;

/// <summary>Time that a machine slept through counts: a session from before is old afterwards.</summary>
public class SuspendTests
{
    [TimeNamespaceFact]
    public void The_engines_clock_goes_on_during_suspend()
    {
        // Nobody suspends a machine for a test. A time namespace sets the clock that counts suspend apart from the one that does not.
        const long Slept = 5_000_000;
        var awake = BootTime("--monotonic", "7000000");
        Assert.InRange(awake, 0, Stopwatch.GetTimestamp() / Stopwatch.Frequency + Slept / 2);
        Assert.InRange(BootTime("--boottime", Slept.ToString(CultureInfo.InvariantCulture)) - awake, Slept, Slept + 600);
    }

    private static long BootTime(string clock, string offset)
    {
        var program = typeof(BootTimeProgram).Assembly.Location;
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var run = ProcessResult.Run("unshare", ["--time", "--fork", clock, offset, dotnet, "exec", program]).EnsureSuccess();
        return long.Parse(run.Output, CultureInfo.InvariantCulture);
    }

    private sealed class TimeNamespaceFactAttribute : FactAttribute
    {
        public TimeNamespaceFactAttribute() =>
            Skip = RootRequirement.Missing ?? (File.Exists("/proc/self/ns/time_for_children") ? null : "needs a kernel with time namespaces");
    }
}
