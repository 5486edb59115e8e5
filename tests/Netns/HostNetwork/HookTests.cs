using WireGuard.Tests.Interop;

namespace WireGuard.Tests.HostNetwork;

/// <summary>Commands of a configuration file: when they run, as what, and for whose file they do not.</summary>
public sealed class HookTests : IDisposable
{
    private const string Allowed = "--allow-hooks";

    private readonly PrivateDirectory _files = new();
    private readonly Host? _host = InteropRequirement.Missing([]) is null ? Host.Alone(1) : null;
    private readonly string _told;

    public HookTests() => _told = _files.Write("told", "");

    private Host Host => _host!;

    private string Told => File.ReadAllText(_told);

    public void Dispose()
    {
        _host?.Dispose();
        _files.Dispose();
    }

    [InteropFact]
    public void They_run_in_order_each_when_the_tunnel_is_what_it_says()
    {
        var report = Host.Up(Config(
            $"PreUp = ip -o link show dev %i | grep -c UP >> {_told}; echo PreUp %i $(ip -o -4 addr show dev %i | wc -l) >> {_told} # a comment of the shell's",
            $"PostUp = echo PostUp %i $(ip -o -4 addr show dev %i | wc -l) >> {_told}",
            $"PostUp = wg set %i listen-port 51999 && echo $(wg show %i listen-port) >> {_told}; [[ -n yes ]] && echo said to the log",
            $"PreDown = echo PreDown $(ip -o -4 addr show dev %i | wc -l) >> {_told}",
            $"PostDown = echo PostDown $(ip -o link show dev %i 2> /dev/null | wc -l) >> {_told}"), Allowed);
        Assert.True(report.Ready, report.Message);
        Assert.Null(report.Warnings);
        Host.Engine("down", Host.Interface);
        Assert.Equal(["0", $"PreUp {Host.Interface} 0", $"PostUp {Host.Interface} 1", "51999", "PreDown 1", "PostDown 0"], Told.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("PostUp: said to the log", File.ReadAllText(Path.ChangeExtension(Host.ControlSocket, ".log")));
        Host.AssertNothingLeft();
    }

    [InteropFact]
    public void Without_leave_they_are_named_and_do_not_run()
    {
        var report = Host.Up(Config($"PreUp = echo ran >> {_told}", $"PostDown = echo ran >> {_told}"));
        Assert.True(report.Ready, report.Message);
        Assert.Contains(report.Warnings!, w => w.Contains("PreUp is not run") && w.Contains("--allow-hooks"));
        Assert.Contains(report.Warnings!, w => w.Contains("PostDown is not run"));
        Host.Engine("down", Host.Interface);
        Assert.Empty(Told);
    }

    [InteropTheory]
    [InlineData("chmod g+w FILE", "FILE can be written by others")]
    [InlineData("chmod o+w FOLDER", "FOLDER can be written by others")]
    [InlineData("chmod 1777 FOLDER", "FOLDER can be written by others")]
    [InlineData("chown 65534 FILE", "FILE does not belong to root")]
    [InlineData("chown 65534 FOLDER", "FOLDER does not belong to root")]
    [InlineData("mv FILE FOLDER/real && ln -s real FILE", "FILE is a symbolic link")]
    [InlineData("mkdir FOLDER/sub && mv FILE FOLDER/sub && chmod o+w FOLDER", "FOLDER can be written by others", "sub/")]
    public void A_file_that_others_could_have_written_runs_nothing(string preparation, string objection, string below = "")
    {
        var config = Config($"PostUp = echo ran >> {_told}");
        var folder = Path.GetDirectoryName(config)!;
        string Filled(string text) => text.Replace("FILE", config, StringComparison.Ordinal).Replace("FOLDER", folder, StringComparison.Ordinal);
        ProcessResult.Run("sh", ["-c", Filled(preparation)]).EnsureSuccess();
        var report = Host.Up(Path.Combine(folder, below, Path.GetFileName(config)), Allowed);
        Assert.True(report.Ready, report.Message);
        Assert.Contains(Filled(objection), Assert.Single(report.Warnings!, w => w.Contains("PostUp")));
        Host.Engine("down", Host.Interface);
        Assert.Empty(Told);
    }

    [InteropTheory]
    [InlineData("PreUp")]
    [InlineData("PostUp")]
    public void One_that_fails_takes_the_start_back(string point)
    {
        var before = HostPicture.Take(Host.Namespace);
        var result = Host.TryEngine("up", Config($"{point} = echo it was I >&2; exit 3", $"PreDown = echo ran >> {_told}", $"PostDown = echo ran >> {_told}"), Allowed, "--kill-switch");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{point} ended with 3: it was I", result.Error);
        Host.AssertNothingLeft();
        Assert.Equal(before, HostPicture.Take(Host.Namespace));
        // As wg-quick: what never came up does not go down.
        Assert.Empty(Told);
    }

    [InteropFact]
    public void One_that_fails_at_the_end_keeps_nothing_from_ending()
    {
        Assert.True(Host.Up(Config("PreDown = exit 4", $"PreDown = echo second >> {_told}", "PostDown = exit 5"), Allowed).Ready);
        Host.Engine("down", Host.Interface);
        Host.AssertNothingLeft();
        Assert.Equal("second\n", Told);
        var log = File.ReadAllText(Path.ChangeExtension(Host.ControlSocket, ".log"));
        Assert.Contains("PreDown ended with 4", log);
        Assert.Contains("PostDown ended with 5", log);
    }

    [InteropFact]
    public void One_that_does_not_end_is_killed_with_its_children_when_the_start_is_given_up()
    {
        var result = Host.TryEngine("up", Config($"PreUp = sleep 987654 & echo $! >> {_told}; wait"), Allowed, "--timeout", "3");
        Assert.Equal(6, result.ExitCode);
        Host.AssertNothingLeft();
        Eventually.True(() => !Directory.Exists($"/proc/{Told.Trim()}"), "the child of the hook is gone");
    }

    [InteropFact]
    public void No_secret_is_in_its_arguments_or_environment_and_it_has_no_descriptor_of_the_engines()
    {
        Assert.True(Host.Up(Config($"PostUp = cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/environ /proc/$PPID/cmdline >> {_told}; ls -l /proc/$$/fd >> {_told}.fd; env | cut -d= -f1 | sort >> {_told}.env"), Allowed).Ready);
        Host.Engine("down", Host.Interface);
        Assert.DoesNotContain(Host.Keys.PrivateKey, Told);
        var descriptors = File.ReadAllText(_told + ".fd");
        Assert.Contains(" 2 -> pipe:", descriptors);
        Assert.All(["socket:", "/dev/net/tun", "eventfd", ".log"], word => Assert.DoesNotContain(word, descriptors));
        Assert.Equal(["PATH", "PWD", "SHLVL", "_"], File.ReadAllLines(_told + ".env").Order(StringComparer.Ordinal));
    }

    [InteropFact]
    public void What_the_caller_has_open_is_neither_its_nor_the_engines()
    {
        var secret = _files.Write("secret", "");
        var config = Config($"PostUp = ls -l /proc/$$/fd /proc/$PPID/fd >> {_told}");
        Host.Namespace.Run("bash", "-c", $"exec 9< {secret}; exec {InteropRequirement.Engine} up {config} {Allowed}");
        Host.Engine("down", Host.Interface);
        Assert.Contains("/dev/net/tun", Told);
        Assert.DoesNotContain(secret, Told);

        File.WriteAllText(_told, "");
        var engine = Host.Namespace.Start("bash", "-c", $"exec 9< {secret}; exec {InteropRequirement.Engine} run {config} {Allowed}");
        Eventually.True(() => Told.Contains("/dev/net/tun", StringComparison.Ordinal) && Told.Contains(secret, StringComparison.Ordinal), "the command has run");
        // In the foreground the engine keeps what it was given: a service manager's sockets.
        Assert.Single(Told.Split('\n'), line => line.Contains(secret, StringComparison.Ordinal));
        Host.Engine("down", Host.Interface);
        Assert.True(engine.WaitForExit(TimeSpan.FromSeconds(20)), "the engine ends");
    }

    private string Config(params string[] hooks)
    {
        using var other = Host.Alone(2);
        return _files.Write(Host.Interface + ".conf", Host.ConfigFor(other, withEndpoint: false, extra: string.Join('\n', hooks)));
    }
}
