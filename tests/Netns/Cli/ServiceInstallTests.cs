using System.Runtime.Versioning;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>`service install`, where nothing of the machine's own is touched: what is written for an image, and what is refused.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServiceInstallTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("wgt-");
    private readonly TestKeys _keys = TestKeys.Create();

    private static string Engine => InteropRequirement.Engine!;

    private string Units => Path.Combine(_root.FullName, "etc/systemd/system");

    public void Dispose() => _root.Delete(recursive: true);

    [InteropFact]
    public void What_could_not_run_as_a_service_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("wgt-");
        try
        {
            using var other = Host.Alone(2);
            var config = Path.Combine(folder.FullName, "wgt9.conf");
            File.WriteAllText(config, $"[Interface]\nPrivateKey = {other.Keys.PrivateKey}\n");
            Assert.Contains("There is no group `no-such-group`", ProcessResult.Run(Engine, ["service", "install", config, "--dry-run", "--control-group", "no-such-group"]).Error);
            ProcessResult.Run("chown", ["65534", config]).EnsureSuccess();
            Assert.Contains("belong to root", ProcessResult.Run(Engine, ["service", "install", config, "--dry-run"]).Error);
            ProcessResult.Run("cp", ["-r", Path.GetDirectoryName(Engine)!, Path.Combine(folder.FullName, "engine")]).EnsureSuccess();
            var unseen = Path.Combine(folder.FullName, "engine", Path.GetFileName(Engine));
            var refused = ProcessResult.Run(unseen, ["service", "install", config, "--dry-run"]);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains($"A service does not see {unseen}", refused.Error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [InteropFact]
    public void What_has_changed_of_the_options_is_told_by_their_words()
    {
        var root = Directory.CreateTempSubdirectory("wgt-");
        try
        {
            using var other = Host.Alone(2);
            File.WriteAllText(Path.Combine(root.CreateSubdirectory("etc/wireguard").FullName, "wg0.conf"), $"[Interface]\nPrivateKey = {other.Keys.PrivateKey}\n");
            string Install(params string[] options) => ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", root.FullName, .. options]).EnsureSuccess().Output;
            Assert.Contains("+ Options --kill-switch", Install("--kill-switch"));
            Assert.Contains("~ Options --kill-switch -> --forward", Install("--forward"));
            Assert.Contains("~ Options --forward -> none", Install());
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [InteropTheory]
    [InlineData("--netns")]
    [InlineData("--socket-netns")]
    public void A_tunnel_in_another_namespace_is_no_service(string option)
    {
        var refused = ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", "/nonexistent", option, "box"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("cannot enter the network namespace box", refused.Error);
    }

    [InteropFact]
    public void A_file_that_is_gone_with_the_next_boot_is_refused()
    {
        var config = Write("tmp/wgt9.conf");
        var refused = ProcessResult.Run(Engine, ["service", "install", "/tmp/wgt9.conf", "--root", _root.FullName]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("A service does not see /tmp/wgt9.conf, which is below /tmp/", refused.Error);
        File.CreateSymbolicLink(Write("etc/wireguard/other.conf", isLink: true), "../../tmp/wgt9.conf");
        Assert.Contains("below /tmp/", ProcessResult.Run(Engine, ["service", "install", "other", "--root", _root.FullName]).Error);
        Assert.Contains("below /tmp/", ProcessResult.Run(Engine, ["service", "install", config, "--dry-run"]).Error);
        Assert.False(Directory.Exists(Units));
    }

    [InteropFact]
    public void Where_a_link_leads_to_may_be_written_by_the_service()
    {
        Write("srv/keys/tunnel");
        File.CreateSymbolicLink(Write("etc/wireguard/wg0.conf", isLink: true), "/srv/keys/tunnel");
        Install("wg0");
        var options = File.ReadAllText(Path.Combine(Units, "wireguard-engine@wg0.service.d/wireguard-engine.conf"));
        Assert.Contains("ReadWritePaths=\"-/srv/keys\"", options);
        Assert.DoesNotContain("WIREGUARD_CONFIG_DIR", options);
    }

    [InteropFact]
    public void A_group_is_written_as_the_number_that_the_image_has_for_it()
    {
        Write("etc/wireguard/wg0.conf");
        File.WriteAllText(Path.Combine(_root.FullName, "etc/group"), "root:x:0:\nnet ops:x:4711:ann\n");
        Assert.Contains("+ Options --control-group 4711", Install("wg0", "--control-group", "net ops"));
        Assert.Contains("nothing to change", Install("wg0", "--control-group", "4711"));
        Assert.Contains("There is no group `tty` in", ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", _root.FullName, "--control-group", "tty"]).Error);
    }

    [InteropFact]
    public void A_mask_is_the_administrators()
    {
        Write("etc/wireguard/wg0.conf");
        Directory.CreateDirectory(Units);
        File.CreateSymbolicLink(Path.Combine(Units, "wireguard-engine@.service"), "/dev/null");
        var refused = ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", _root.FullName]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("wireguard-engine@.service is masked", refused.Error);
        Assert.Equal("/dev/null", new FileInfo(Path.Combine(Units, "wireguard-engine@.service")).LinkTarget);
    }

    [InteropFact]
    public void Whoever_lets_others_read_nothing_writes_units_that_all_can_read()
    {
        Write("etc/wireguard/wg0.conf");
        ProcessResult.Run("sh", ["-c", "umask 077; exec \"$@\"", "sh", Engine, "service", "install", "wg0", "--root", _root.FullName]).EnsureSuccess();
        var systemd = Path.Combine(_root.FullName, "etc/systemd");
        Assert.All(Directory.EnumerateDirectories(systemd, "*", SearchOption.AllDirectories).Append(systemd), folder => Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(folder))); // 0755
        foreach (var file in new[] { "wireguard-engine@.service", "wireguard-engine@wg0.service.d/wireguard-engine.conf" })
            Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(Path.Combine(Units, file))); // 0644
    }

    [InteropFact("strace")]
    public void Units_are_on_the_disk_before_they_have_their_names_and_their_folders_afterwards()
    {
        Write("etc/wireguard/wg0.conf");
        var trace = Path.Combine(_root.FullName, "trace");
        ProcessResult.Run("strace", ["-f", "-y", "-e", "trace=fsync,rename,symlink", "-o", trace, Engine, "service", "install", "wg0", "--root", _root.FullName]).EnsureSuccess();
        // "4711  fsync(5</root/etc/...>) = 0", "4711  rename("...new", "...") = 0"
        var calls = File.ReadLines(trace).Where(line => line.Contains(Units, StringComparison.Ordinal)).Select(line => line[line.IndexOf(' ')..].TrimStart().Replace(Units, "")).ToList();
        foreach (var (folder, file) in new[] { ("", "wireguard-engine@.service"), ("/wireguard-engine@wg0.service.d", "wireguard-engine.conf") })
        {
            var (content, name, entry) = (Find($"<{folder}/{file}.new>"), Find($"rename(\"{folder}/{file}.new\""), calls.FindLastIndex(call => call.Contains($"<{folder}>", StringComparison.Ordinal)));
            Assert.True(content >= 0 && content < name && name < entry, string.Join('\n', calls));
        }

        Assert.InRange(Find("symlink("), 0, calls.FindLastIndex(call => call.Contains("</multi-user.target.wants>", StringComparison.Ordinal)));

        int Find(string text) => calls.FindIndex(call => call.Contains(text, StringComparison.Ordinal));
    }

    [InteropFact("systemd-escape")]
    public void A_unit_is_found_by_what_systemd_makes_of_the_tunnels_name()
    {
        Write("etc/wireguard/a-b+c=d.conf");
        Install("a-b+c=d");
        var unit = ProcessResult.Run("systemd-escape", ["--template=wireguard-engine@.service", "a-b+c=d"]).EnsureSuccess().Output.Trim();
        Assert.True(Path.Exists(Path.Combine(Units, "multi-user.target.wants", unit)) || new FileInfo(Path.Combine(Units, "multi-user.target.wants", unit)).LinkTarget is not null);
        Assert.Contains("WIREGUARD_ENGINE_TUNNEL=a-b+c=d", File.ReadAllText(Path.Combine(Units, unit + ".d", "wireguard-engine.conf")));
        Write("etc/wireguard/-x.conf");
        Assert.Contains("begins like an option", ProcessResult.Run(Engine, ["service", "install", "/etc/wireguard/-x.conf", "--root", _root.FullName]).Error);
    }

    [InteropFact]
    public void A_tunnel_that_was_served_is_a_service_by_its_name_without_a_file()
    {
        var state = WriteState("var/lib/wireguard-engine/wg0");
        Assert.Contains("+ Options serve --forward", Install("wg0", "--forward"));
        var options = File.ReadAllText(Path.Combine(Units, "wireguard-engine@wg0.service.d/wireguard-engine.conf"));
        Assert.Contains($"\nExecStart=\"{Engine}\" serve ${{WIREGUARD_ENGINE_TUNNEL}} --foreground $WIREGUARD_ENGINE_OPTIONS\n", options);
        Assert.Contains("nothing to change", Install("wg0", "--forward"));

        Assert.Contains("--allow-hooks", Refused(2, "wg0", "--allow-hooks"));
        File.WriteAllText(Path.Combine(state, "settings.json"), "{}");
        Assert.Contains("--pool", Refused(8, "wg0"));
        File.SetUnixFileMode(Path.Combine(state, "state"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("open to others", Refused(1, "wg0"));
        // As by `up`, a file comes first; but who is served does not lose the service by the way.
        Write("etc/wireguard/wg0.conf");
        Assert.Contains("`service install /etc/wireguard/wg0.conf` makes it that of the file", Refused(5, "wg0"));
        Assert.Equal(options, File.ReadAllText(Path.Combine(Units, "wireguard-engine@wg0.service.d/wireguard-engine.conf")));
        Assert.Contains("~ Options serve --forward -> none", Install("/etc/wireguard/wg0.conf"));
        var both = ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", _root.FullName]).EnsureSuccess();
        Assert.Contains("also the name of a tunnel that others join", both.Error);
    }

    [InteropFact]
    public void A_state_elsewhere_is_found_by_the_service_unless_it_is_gone_with_the_next_boot()
    {
        WriteState("srv/states/wg0");
        string[] install = ["WIREGUARD_ENGINE_STATE_DIR=/srv/states", Engine, "service", "install", "wg0", "--root", _root.FullName];
        ProcessResult.Run("env", install).EnsureSuccess();
        Assert.Contains("\nEnvironment=\"WIREGUARD_ENGINE_STATE_DIR=/srv/states\"\n", File.ReadAllText(Path.Combine(Units, "wireguard-engine@wg0.service.d/wireguard-engine.conf")));
        WriteState("tmp/wg0");
        Assert.Contains("does not see /tmp", ProcessResult.Run("env", ["WIREGUARD_ENGINE_STATE_DIR=/tmp", .. install[1..]]).Error);
    }

    private string WriteState(string folder)
    {
        var full = Directory.CreateDirectory(Path.Combine(_root.FullName, folder)).FullName;
        foreach (var (name, text) in new[] { ("state", ""), ("settings.json", """{"pool":["10.150.0.0/24"]}""") })
        {
            File.WriteAllText(Path.Combine(full, name), text);
            File.SetUnixFileMode(Path.Combine(full, name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return full;
    }

    private string Refused(int code, params string[] words)
    {
        var refused = ProcessResult.Run(Engine, ["service", "install", .. words, "--root", _root.FullName]);
        Assert.Equal(code, refused.ExitCode);
        return refused.Error;
    }

    private string Install(params string[] words) => ProcessResult.Run(Engine, ["service", "install", .. words, "--root", _root.FullName]).EnsureSuccess().Output;

    private string Write(string path, bool isLink = false)
    {
        var full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        if (!isLink)
            File.WriteAllText(full, $"[Interface]\nPrivateKey = {_keys.PrivateKey}\n");
        return full;
    }
}
