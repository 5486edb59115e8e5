using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>
/// An engine with default routes is killed (SIGKILL, by its own hand) at every step of its start and its end; what it left
/// is taken back by `down` or by the next start, so that the host is as it was.
/// </summary>
public sealed class KilledEngineTests : IDisposable
{
    private const string KillVariable = "WIREGUARD_ENGINE_KILL_AT_STEP";

    private const int Stride = 5;

    private readonly PrivateDirectory _files = new();
    private readonly Host? _host = InteropRequirement.Missing([]) is null ? Host.Alone(1) : null;

    private Host Host => _host!;

    private string Journal => $"{Host.Interface}@*.undo*";

    public void Dispose()
    {
        _host?.Dispose();
        _files.Dispose();
    }

    public static TheoryData<string, int> Runs
    {
        get
        {
            var runs = new TheoryData<string, int>();
            foreach (var undoing in new[] { "down", "up" })
            {
                for (var first = 1; first <= Stride; first++)
                    runs.Add(undoing, first);
            }

            return runs;
        }
    }

    /// <param name="first">Every fifth step from this one on, so that no run takes long.</param>
    [InteropTheory(InteropRequirement.Nft)]
    [MemberData(nameof(Runs))]
    public void Whatever_step_it_is_killed_at_nothing_stays(string undoing, int first)
    {
        var config = _files.Write(Host.Interface + ".conf", Config()
            .Replace("10.78.0.2/32, fd78::2/128", "0.0.0.0/0, ::/0, 10.99.0.0/16"));
        var before = HostPicture.Take(Host.Namespace);
        var (killedInStart, killedInEnd) = (0, 0);
        for (var step = first; ; step += Stride)
        {
            var report = JsonSerializer.Deserialize(
                Host.Namespace.TryRun("env", $"{KillVariable}={step}", InteropRequirement.Engine!, "up", config, "--kill-switch", "--forward", "--exclude-route", "10.99.128.0/17", "--report", "json").Output,
                ControlJsonContext.Default.StartReport)!;
            if (report.Ready && End(report.ProcessId))
                break;
            _ = report.Ready ? killedInEnd++ : killedInStart++;
            if (undoing == "up")
                Host.Engine("up", config);
            // Nothing to undo is an error of its own: it was killed before it had done anything.
            _ = Host.TryEngine("down", Host.Interface);
            Assert.Equal(before, HostPicture.Take(Host.Namespace));
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", Journal));
        }

        Assert.Equal(before, HostPicture.Take(Host.Namespace));
        Assert.InRange(killedInStart, 3, 50);
        Assert.InRange(killedInEnd, 2, 50);
    }

    /// <summary>All that it leaves is in another namespace, which `down` and a start without it have to find.</summary>
    [InteropTheory(InteropRequirement.Nft)]
    [InlineData("down", 1)]
    [InlineData("down", 4)]
    [InlineData("up", 2)]
    public void Nor_does_anything_stay_in_a_namespace_that_it_was_told(string undoing, int first)
    {
        const int FurtherApart = 6;
        using var box = NetworkNamespace.Create();
        var config = _files.Write(Host.Interface + ".conf", Config().Replace("10.78.0.2/32, fd78::2/128", "0.0.0.0/0, 10.99.0.0/16"));
        var before = (HostPicture.Take(Host.Namespace), HostPicture.Take(box));
        var killed = 0;
        for (var step = first; ; step += FurtherApart)
        {
            var report = JsonSerializer.Deserialize(
                Host.Namespace.TryRun("env", $"{KillVariable}={step}", InteropRequirement.Engine!, "up", config, "--netns", box.Name, "--kill-switch", "--forward", "--report", "json").Output,
                ControlJsonContext.Default.StartReport)!;
            if (report.Ready && End(report.ProcessId))
                break;
            killed++;
            if (undoing == "up")
                Host.Engine("up", config);
            _ = Host.TryEngine("down", Host.Interface);
            Assert.Equal(before, (HostPicture.Take(Host.Namespace), HostPicture.Take(box)));
            Assert.Empty(Directory.GetFiles("/run/wireguard-engine", Journal));
        }

        Assert.Equal(before, (HostPicture.Take(Host.Namespace), HostPicture.Take(box)));
        Assert.InRange(killed, 3, 50);
    }

    [InteropFact(InteropRequirement.Nft)]
    public void Down_says_so_when_the_engine_was_dead_and_again_that_there_is_nothing()
    {
        var config = _files.Write(Host.Interface + ".conf", Config().Replace("10.78.0.2/32", "0.0.0.0/0"));
        var before = HostPicture.Take(Host.Namespace);
        var report = Host.Up(config);
        Signals.Send(report.ProcessId, Signals.Kill);
        Eventually.True(() => !Directory.Exists($"/proc/{report.ProcessId}") || Host.Leftovers().Count == 2, "the engine is gone");
        Assert.Contains("lookup 51820", Host.Namespace.Run("ip", "rule", "show").Output);
        Assert.Contains("left behind is undone", Host.Engine("down", Host.Interface).Output);
        Assert.Equal(before, HostPicture.Take(Host.Namespace));
        Assert.Empty(Host.Leftovers());
        Assert.Contains($"No tunnel {Host.Interface} is running.", Host.TryEngine("down", Host.Interface).Error);
    }

    private string Config()
    {
        using var other = Host.Alone(2);
        return Host.ConfigFor(other, withEndpoint: false);
    }

    /// <summary>Asks for the end; false: it was killed before it had undone everything.</summary>
    private bool End(int engine)
    {
        Signals.Send(engine, Signals.Terminate);
        Eventually.True(() => ProcessResult.Run("ip", ["netns", "pids", Host.Namespace.Name]).Output.Split('\n').All(line => line != $"{engine}"), "the engine is gone");
        return Directory.GetFiles("/run/wireguard-engine", Journal).Length == 0 && !File.Exists(Host.ControlSocket);
    }
}
