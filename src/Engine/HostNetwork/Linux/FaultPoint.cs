using System.Globalization;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Lets a test kill the engine between any two steps: with <see cref="Variable"/> set to N it ends at the Nth point, as
/// by kill -9. Whoever sets an engine's environment has its rights already.
/// </summary>
internal static class FaultPoint
{
    public const string Variable = "WIREGUARD_ENGINE_KILL_AT_STEP";

    private static readonly int s_fatal =
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static int s_reached;

    public static void Reached()
    {
        if (s_fatal > 0 && Interlocked.Increment(ref s_reached) == s_fatal)
            _ = ProcessCalls.SendSignal(Environment.ProcessId, ProcessCalls.SIGKILL);
    }
}
