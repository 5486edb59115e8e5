using System.Diagnostics;
using WireGuard.Engine.Cli;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

public sealed class DemoTests : IDisposable
{
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("wgt-");

    public void Dispose() => _temporary.Delete(recursive: true);

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
    [InlineData(Signals.HangUp)]
    [InlineData(Signals.Interrupt)]
    [InlineData(Signals.Quit)]
    [InlineData(Signals.Terminate)]
    public void Interrupted_it_takes_everything_away_too(int signal)
    {
        var (exitCode, output, processId) = Run([], line => line.StartsWith("ping", StringComparison.Ordinal) ? signal : 0);

        Assert.Equal((int)ExitCode.Error, exitCode);
        Assert.DoesNotContain("latest handshake", output);
        AssertNothingLeft(processId);
    }

    [InteropFact]
    public void Killed_its_engines_end_by_themselves_and_no_keys_stay()
    {
        var (_, output, processId) = Run([], line => line.StartsWith("ping", StringComparison.Ordinal) ? Signals.Kill : 0);

        Assert.DoesNotContain("latest handshake", output);
        Eventually.True(() => Leftovers(processId).Count == 0, "the engines and their files are gone");
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

    private (int ExitCode, string Output, int ProcessId) Run(string[] arguments, Func<string, int>? signalAt = null)
    {
        var command = Signals.Unignored(InteropRequirement.Engine!, ["demo", .. arguments]);
        var start = ProcessResult.StartInfo(command[0], command[1..]);
        start.Environment["TMPDIR"] = _temporary.FullName;
        using var demo = Process.Start(start)!;
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

    private void AssertNothingLeft(int processId) => Assert.Empty(Leftovers(processId));

    private List<string> Leftovers(int processId)
    {
        var mark = $"wgd{processId}";
        List<string> left = [.. Directory.GetFileSystemEntries(_temporary.FullName, "wireguard-demo-*")];
        if (Directory.Exists(Api.ControlProtocol.UapiDirectory))
            left.AddRange(Directory.GetFiles(Api.ControlProtocol.UapiDirectory, mark + "*"));
        left.AddRange(Directory.GetDirectories("/proc").Select(CommandLine).Where(line => line.Contains(mark, StringComparison.Ordinal)));
        return left;
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
