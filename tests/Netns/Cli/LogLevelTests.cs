using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>What becomes of a LOG_LEVEL that is none.</summary>
public sealed class LogLevelTests
{
    private const string Complaint = "LOG_LEVEL is 'loud', which is none of";

    [InteropFact]
    public void Whoever_starts_is_told_once_and_so_is_the_log_but_not_that_of_a_tunnel_that_runs()
    {
        using var pair = new EnginePair();
        var log = Path.ChangeExtension(pair.One.ControlSocket, ".log");
        var report = JsonSerializer.Deserialize(
            pair.One.Namespace.Run("env", "LOG_LEVEL=loud", InteropRequirement.Engine!, "up", pair.ConfigOne, "--report", "json").Output, ControlJsonContext.Default.StartReport)!;
        Assert.True(report.Ready, report.Message);
        Assert.StartsWith(Complaint, Assert.Single(report.Warnings!));
        Assert.Equal(2, File.ReadAllText(log).Split(Complaint).Length);
        Assert.Contains("1 peer\n", File.ReadAllText(log));

        Assert.Equal(5, pair.One.Namespace.TryRun("env", "LOG_LEVEL=loud", InteropRequirement.Engine!, "up", pair.ConfigOne).ExitCode);
        Assert.Equal(2, File.ReadAllText(log).Split(Complaint).Length);
    }
}
