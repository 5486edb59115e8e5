using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>Tunnels as services: units that systemd finds no fault with, and a real systemd that runs one.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServiceTests
{
    private static string Engine => InteropRequirement.Engine!;

    [InteropTheory("systemd-analyze")]
    [InlineData("")]
    [InlineData("--kill-switch --exclude-route 10.0.0.0/8 --queues 1 --control-group 4711")]
    [InlineData("--allow-hooks")]
    public void Systemd_finds_no_fault_with_the_units(string options)
    {
        var root = Directory.CreateTempSubdirectory("wgt-");
        try
        {
            using var other = Host.Alone(2);
            var folder = root.CreateSubdirectory("etc/wireguard").FullName;
            File.WriteAllText(Path.Combine(folder, "wg0.conf"), other.ConfigFor(other, withEndpoint: false).Replace($"PublicKey = {other.Keys.PublicKey}", $"PublicKey = {TestKeys.Create().PublicKey}"));
            string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var told = ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", root.FullName, .. words]).EnsureSuccess();
            Assert.Contains("+ Enabled", told.Output);
            Assert.Contains("nothing to change", ProcessResult.Run(Engine, ["service", "install", "wg0", "--root", root.FullName, .. words]).EnsureSuccess().Output);

            var units = Path.Combine(root.FullName, "etc/systemd/system");
            var instance = Path.Combine(units, "wireguard-engine@wg0.service");
            File.Copy(Path.Combine(units, "wireguard-engine@.service"), instance);
            var verified = ProcessResult.Run("systemd-analyze", ["verify", instance]);
            // It looks at the machine's other units too, and tells of them.
            Assert.DoesNotContain("wireguard", verified.Error);
            File.Delete(instance);

            Assert.Contains("- Unit", ProcessResult.Run(Engine, ["service", "remove", "wg0", "--root", root.FullName]).EnsureSuccess().Output);
            Assert.Empty(Directory.GetFiles(units, "*", SearchOption.AllDirectories));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

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

    [SystemdFact]
    public void Systemd_runs_a_tunnel_reloads_it_and_starts_it_again_when_it_is_killed()
    {
        using var pair = new EnginePair(extra: "SaveConfig = true\nTable = off");
        pair.Up(pair.Two);
        using var machine = SystemdMachine.Boot(pair.One.Namespace);
        var (name, unit) = (pair.One.Interface, $"wireguard-engine@{pair.One.Interface}.service");
        var config = $"/etc/wireguard/{name}.conf";
        File.Copy(pair.ConfigOne, machine.PathOf(config));

        Assert.Contains("this is what would be", machine.Run(Engine, "service", "install", name, "--start", "--dry-run"));
        Assert.Equal("inactive", machine.TryRun("systemctl", "is-active", unit).Output.Trim());
        var told = machine.Run(Engine, "service", "install", name, "--start", "--control-group", "4711");
        Assert.Equal(["+ Unit", "+ Options", "+ Enabled", "+ Running"], told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ')[..2])));
        // It came back when the tunnel was ready: Type=notify.
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
        Assert.Equal($"{name} is up", machine.Show(unit, "StatusText"));
        Assert.Equal("enabled", machine.Run("systemctl", "is-enabled", unit).Trim());
        Assert.Contains("nothing to change", machine.Run(Engine, "service", "install", name, "--start", "--control-group", "4711"));

        var engine = MainProcess(machine, unit);
        var status = File.ReadAllText($"/proc/{machine.Outside(engine)}/status");
        Assert.Matches("NoNewPrivs:\t1\n", status);
        Assert.Equal((1UL << 12) | (1UL << 10) | 1, ulong.Parse(Regex.Match(status, "CapBnd:\t([0-9a-f]+)").Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        machine.Run("sed", "-i", "s/AllowedIPs = /AllowedIPs = 10.99.0.0\\/16, /", config);
        machine.Run("systemctl", "reload", unit);
        Assert.Contains("10.99.0.0/16", machine.Run("wg", "show", name, "allowed-ips"));
        machine.Run("sh", "-c", $"cp {config} {config}.good; echo Nonsense >> {config}");
        Assert.NotEqual(0, machine.TryRun("systemctl", "reload", unit).ExitCode);
        machine.Run("mv", config + ".good", config);
        Assert.Equal("active", machine.Run("systemctl", "is-active", unit).Trim());
        Assert.Equal(engine, MainProcess(machine, unit));

        Signals.Send(machine.Outside(engine), Signals.Kill);
        // Asked in the other order, the first answer may be of before systemd has seen the end, and the second of no process at all.
        Eventually.True(
            () => MainProcess(machine, unit) is var next && next > 0 && next != engine && machine.TryRun("systemctl", "is-active", unit).Output.Trim() == "active",
            "systemd starts it again");
        Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);

        machine.Run("wg", "set", name, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9");
        Assert.Contains("goes on running", machine.TryRun(Engine, "service", "remove", name, "--dry-run").Error);
        Assert.Equal(["- Running", "- Enabled", "- Options", "- Unit"], machine.Run(Engine, "service", "remove", name, "--stop").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ')[..2])));
        Assert.Equal("inactive", machine.TryRun("systemctl", "is-active", unit).Output.Trim());
        // Confined as it is, it saves its file.
        Assert.Contains("PersistentKeepalive = 9", machine.Run("cat", config));
        Assert.Equal("", machine.Run("find", "/etc/systemd/system", "-type", "f"));
    }

    /// <summary>A test that boots a systemd in namespaces.</summary>
    private sealed class SystemdFactAttribute : FactAttribute
    {
        /// <summary>
        /// Set to 1 on a machine that nobody minds: what runs as process 1, with root's rights, is not let near anything of the
        /// machine's, but who runs the tests has not asked for it.
        /// </summary>
        private const string Consent = "WIREGUARD_TEST_SYSTEMD";

        public SystemdFactAttribute() => Skip = Environment.GetEnvironmentVariable(Consent) != "1"
            ? $"boots a systemd in namespaces, as root, with {Consent}=1 only"
            : InteropRequirement.Missing(["systemctl", "nsenter", "unshare"]) ?? SystemdMachine.Missing;
    }

    private static int MainProcess(SystemdMachine machine, string unit) => int.Parse(machine.Show(unit, "MainPID"), CultureInfo.InvariantCulture);
}
