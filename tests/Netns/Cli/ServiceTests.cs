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

    [SystemdFact]
    public void Confined_or_with_hooks_it_takes_the_default_route_and_name_servers_and_lets_nothing_else_leave()
    {
        using var pair = new EnginePair();
        pair.Up(pair.Two);
        // Its own /proc/sys is read-only, and there is nothing to do.
        pair.One.Namespace.Run("sysctl", "-w", "net.ipv4.conf.all.src_valid_mark=1");
        using var machine = SystemdMachine.Boot(pair.One.Namespace);
        var (name, unit) = (pair.One.Interface, $"wireguard-engine@{pair.One.Interface}.service");
        var config = $"/etc/wireguard/{name}.conf";
        File.Copy(pair.ConfigOne, machine.PathOf(config));
        // Where it writes, hooks and resolvconf must be able to as they are confined.
        machine.Run("sed", "-i", "s/^AllowedIPs = .*/AllowedIPs = 0.0.0.0\\/0, ::\\/0/; s/^ListenPort/DNS = 10.78.0.53\\nListenPort/", config);
        machine.Run("sh", "-c", "mkdir /run/bin; printf '#!/bin/sh\necho \"$1 $2\" >> /run/resolvers; cat >> /run/resolvers' > /run/bin/resolvconf; chmod 755 /run/bin/resolvconf");
        machine.Run("sh", "-c", $"mkdir /etc/systemd/system/{unit}.d; printf '[Service]\nEnvironment=PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin\n' > /etc/systemd/system/{unit}.d/path.conf");
        machine.Run(Engine, "service", "install", name, "--start", "--kill-switch");
        AssertTunnelAlone();
        Assert.Contains($"-a {name}", machine.Run("cat", "/run/resolvers"));
        Assert.Contains("nameserver 10.78.0.53", machine.Run("cat", "/run/resolvers"));
        machine.Run(Engine, "service", "remove", name, "--stop");
        AssertGone();
        Assert.Contains($"-d {name}", machine.Run("cat", "/run/resolvers"));

        foreach (var point in new[] { "PreUp", "PostUp", "PreDown", "PostDown" })
            machine.Run("sed", "-i", $"s/^ListenPort/{point} = echo {point} $(ip -o link show dev %i | wc -l) >> \\/run\\/hooks\\nListenPort/", config);
        machine.Run(Engine, "service", "install", name, "--start", "--kill-switch", "--allow-hooks");
        AssertTunnelAlone();
        machine.Run(Engine, "service", "remove", name, "--stop");
        AssertGone();
        Assert.Equal("PreUp 1\nPostUp 1\nPreDown 1\nPostDown 0\n", machine.Run("cat", "/run/hooks"));

        void AssertTunnelAlone()
        {
            Traffic.Ping(pair.One, pair.Two.InnerIPv4, 3);
            Assert.Contains($"dev {name}", machine.Run("ip", "route", "get", "198.51.100.1"));
            Assert.Contains($"dev {name}", machine.Run("ip", "-6", "route", "get", "2001:db8::1"));
            Assert.Contains("wireguard-killswitch-", machine.Run("nft", "list", "tables"));
            Assert.NotEqual(0, machine.TryRun("ping", "-n", "-c", "1", "-W", "1", "10.77.0.2").ExitCode);
        }

        void AssertGone()
        {
            Assert.Equal("", machine.Run("nft", "list", "tables"));
            Assert.DoesNotContain(name, machine.Run("ip", "rule") + machine.Run("ip", "link"));
            machine.Run("ping", "-n", "-c", "1", "-W", "5", "10.77.0.2");
        }
    }

    [SystemdFact]
    public void A_tunnel_that_others_join_is_served_by_systemd_and_knows_who_joined_when_it_was_killed()
    {
        var (client, server) = Host.Pair();
        using (client)
        using (server)
        {
            using var machine = SystemdMachine.Boot(server.Namespace);
            var (name, unit) = (server.Interface, $"wireguard-engine@{server.Interface}.service");
            machine.Run(Engine, "serve", name, "--pool", "10.150.0.0/24", "--port", $"{server.ListenPort}");
            Assert.Contains("runs already, and not by systemd", machine.TryRun(Engine, "service", "install", name, "--start").Error);
            machine.Run(Engine, "down", name);
            Assert.Contains("+ Options serve", machine.Run(Engine, "service", "install", name, "--start"));
            Assert.Equal($"{name} is up", machine.Show(unit, "StatusText"));
            Assert.Equal("700\n", machine.Run("stat", "-c", "%a", $"/var/lib/wireguard-engine/{name}"));
            var status = File.ReadAllText($"/proc/{machine.Outside(MainProcess(machine, unit))}/status");
            Assert.Matches("NoNewPrivs:\t1\n", status);

            var code = machine.Run(Engine, "open", name, "--no-wait").Trim();
            using var files = new PrivateDirectory();
            var folder = Path.GetDirectoryName(files.Write("x", ""))!;
            client.UseEnvironment($"WIREGUARD_CONFIG_DIR={folder}");
            client.Namespace.Run("sh", "-c", $"echo {code} | {string.Join(' ', client.EngineLauncher)} {Engine} join 10.77.0.2:{server.ListenPort} --name {client.Interface}");
            Assert.Equal(0, client.Namespace.TryRun("ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "5", "10.150.0.1").ExitCode);

            var engine = MainProcess(machine, unit);
            Signals.Send(machine.Outside(engine), Signals.Kill);
            Eventually.True(
                () => MainProcess(machine, unit) is var next && next > 0 && next != engine && machine.TryRun("systemctl", "is-active", unit).Output.Trim() == "active",
                "systemd starts it again");
            Assert.Contains("1 peer", machine.Run(Engine, "status", name));
            Assert.Contains("no window open", machine.Run(Engine, "status", name));
            Assert.NotEqual(0, machine.TryRun("systemctl", "reload", unit).ExitCode);
            Assert.Equal("active", machine.Run("systemctl", "is-active", unit).Trim());
            Assert.Contains("- Running", machine.Run(Engine, "service", "remove", name, "--stop"));
            client.Engine("down", client.Interface);
        }
    }

    [SystemdFact]
    public void What_trying_again_does_not_help_is_not_tried_again()
    {
        using var pair = new EnginePair();
        using var machine = SystemdMachine.Boot(pair.One.Namespace);
        var (name, unit) = ("wt+a=b", @"wireguard-engine@wt\x2ba\x3db.service");
        var config = $"/etc/wireguard/{name}.conf";
        File.Copy(pair.ConfigOne, machine.PathOf(config));
        machine.Run(Engine, "service", "install", name);
        machine.Run("sh", "-c", $"cp {config} /run/good; echo Nonsense >> {config}");
        Assert.NotEqual(0, machine.TryRun("systemctl", "start", unit).ExitCode);
        AssertGivenUp(8);
        machine.Run("rm", config);
        Assert.NotEqual(0, machine.TryRun("systemctl", "start", unit).ExitCode);
        AssertGivenUp(4);
        machine.Run("cp", "/run/good", config);
        machine.Run("systemctl", "start", unit);
        Assert.Equal($"{name} is up", machine.Show(unit, "StatusText"));
        Assert.Equal($"WireGuard tunnel {name}", machine.Show(unit, "Description"));
        Assert.Contains("- Running", machine.Run(Engine, "service", "remove", name, "--stop"));

        void AssertGivenUp(int code)
        {
            Assert.Equal("failed", machine.Show(unit, "ActiveState"));
            Assert.Equal($"{code}", machine.Show(unit, "ExecMainStatus"));
            // One that is tried again waits for two seconds as "activating".
            Assert.Equal("0", machine.Show(unit, "NRestarts"));
        }
    }

    [SystemdFact]
    public void A_file_that_a_link_leads_to_in_somebodys_home_is_read_and_saved()
    {
        using var pair = new EnginePair();
        using var machine = SystemdMachine.Boot(pair.One.Namespace);
        var name = pair.One.Interface;
        machine.Run("mkdir", "-m", "700", "/home/keys");
        File.Copy(pair.ConfigOne, machine.PathOf("/home/keys/tunnel"));
        machine.Run("ln", "-s", "/home/keys/tunnel", $"/etc/wireguard/{name}.conf");
        machine.Run(Engine, "service", "install", name, "--start");
        machine.Run("wg", "set", name, "peer", pair.Two.Keys.PublicKey, "persistent-keepalive", "9");
        Assert.Contains("saved to", machine.Run(Engine, "save", name));
        Assert.Contains("PersistentKeepalive = 9", machine.Run("cat", "/home/keys/tunnel"));
        Assert.Equal("/home/keys/tunnel", machine.Run("readlink", $"/etc/wireguard/{name}.conf").Trim());
        machine.Run(Engine, "service", "remove", name, "--stop");
    }

    [SystemdFact]
    public void Whatever_systemd_does_a_kill_switch_is_opened_by_word_only()
    {
        using var pair = new EnginePair();
        using var machine = SystemdMachine.Boot(pair.One.Namespace);
        var (name, unit) = (pair.One.Interface, $"wireguard-engine@{pair.One.Interface}.service");
        var config = $"/etc/wireguard/{name}.conf";
        File.Copy(pair.ConfigOne, machine.PathOf(config));
        machine.Run(Engine, "service", "install", name, "--start", "--kill-switch");
        Assert.True(IsClosed());
        using (var ended = new CancellationTokenSource())
        {
            var watch = Task.Run(() =>
            {
                var isOpen = false;
                while (!ended.IsCancellationRequested)
                    isOpen |= !IsClosed();
                return isOpen;
            });
            machine.Run("systemctl", "restart", unit);
            machine.Run("sh", "-c", $"cp {config} {config}.good; echo Nonsense >> {config}");
            Assert.NotEqual(0, machine.TryRun("systemctl", "restart", unit).ExitCode);
            machine.Run("mv", config + ".good", config);
            machine.Run("systemctl", "start", unit);
            machine.Run("systemctl", "stop", unit);
            ended.Cancel();
            Assert.False(watch.GetAwaiter().GetResult(), "it was open for a moment");
        }

        // Its end was in order.
        Assert.Equal("inactive", machine.TryRun("systemctl", "is-active", unit).Output.Trim());
        Assert.Equal(["- KillSwitch closed", "- Enabled", "- Options", "- Unit"], Removed().Select(line => line.StartsWith("- Kill", StringComparison.Ordinal) ? line : string.Join(' ', line.Split(' ')[..2])));
        Assert.False(IsClosed());

        machine.Run(Engine, "service", "install", name, "--start", "--kill-switch");
        Assert.Equal(["- Running", "- KillSwitch", "- Enabled", "- Options", "- Unit"], Removed().Select(line => string.Join(' ', line.Split(' ')[..2])));
        Assert.False(IsClosed());

        bool IsClosed() => pair.One.Namespace.Run("nft", "list", "tables").Output.Contains($"wireguard-killswitch-{name}", StringComparison.Ordinal);

        string[] Removed() => machine.Run(Engine, "service", "remove", name, "--stop").Split('\n', StringSplitOptions.RemoveEmptyEntries);
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
