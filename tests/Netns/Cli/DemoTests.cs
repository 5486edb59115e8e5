using System.Diagnostics;
using WireGuard.Engine.Cli;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

public class DemoTests
{
    [InteropFact]
    public void The_demo_shows_a_tunnel_and_takes_everything_away()
    {
        var (exitCode, output, processId) = Run([]);

        Assert.Equal((int)ExitCode.Ok, exitCode);
        Assert.Contains("ping 10.77.0.2: answer 5", output);
        Assert.Contains("TCP A to B", output);
        Assert.Contains("latest handshake", output);
        AssertNothingLeft(processId);
    }

    [InteropTheory]
    [InlineData(Signals.Interrupt)]
    [InlineData(Signals.Terminate)]
    public void Interrupted_it_takes_everything_away_too(int signal)
    {
        var (exitCode, output, processId) = Run([], line => line.StartsWith("ping", StringComparison.Ordinal) ? signal : 0);

        Assert.Equal((int)ExitCode.Error, exitCode);
        Assert.DoesNotContain("latest handshake", output);
        AssertNothingLeft(processId);
    }

    [InteropFact]
    public void Without_namespaces_it_says_so_and_shows_two_devices_in_memory()
    {
        var (exitCode, output, processId) = Run(["--in-memory"]);

        Assert.Equal((int)ExitCode.Ok, exitCode);
        Assert.StartsWith("No network namespaces: ", output);
        Assert.Contains("ping 10.77.0.2: answer 5", output);
        Assert.Contains("latest handshake", output);
        AssertNothingLeft(processId);
    }

    private static (int ExitCode, string Output, int ProcessId) Run(string[] arguments, Func<string, int>? signalAt = null)
    {
        using var demo = Process.Start(ProcessResult.StartInfo(InteropRequirement.Engine!, ["demo", .. arguments]))!;
        demo.StandardInput.Close();
        var errors = demo.StandardError.ReadToEndAsync();
        var output = "";
        while (demo.StandardOutput.ReadLine() is { } line)
        {
            output += line + "\n";
            if (signalAt?.Invoke(line) is { } signal and not 0)
                Signals.Send(demo.Id, signal);
        }

        demo.WaitForExit();
        return (demo.ExitCode, output + errors.Result, demo.Id);
    }

    private static void AssertNothingLeft(int processId)
    {
        var mark = $"wgd{processId}";
        if (Directory.Exists(Api.ControlProtocol.UapiDirectory))
            Assert.Empty(Directory.GetFiles(Api.ControlProtocol.UapiDirectory, mark + "*"));
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Select(CommandLine), line => line.Contains(mark, StringComparison.Ordinal));
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            // It ended meanwhile, or is no process at all.
            return "";
        }
    }
}
