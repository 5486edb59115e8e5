using System.Diagnostics;
using System.Globalization;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>
/// A real systemd as process 1 of namespaces of its own, in the network of a host. It can write to nothing of the machine's; what it
/// has is gone with it.
/// </summary>
internal sealed class SystemdMachine : IDisposable
{
    // Every mount is read-only, what has to be written is in memory, and the machine's own units and its devices are out of sight: what runs
    // as process 1 would else set the machine up anew, and empty /tmp.
    private const string BootScript = """
        set -e
        mkdir "$1"
        echo $$ > "$1/cgroup.procs"
        exec unshare --kill-child --cgroup --mount --pid --fork --ipc --uts --propagation private sh -c '
            set -e
            for point in $(cut -d" " -f2 /proc/mounts | sort -r); do
                case $point in /proc*|/sys/fs/cgroup*) ;; *) mount -o remount,bind,ro "$point" 2>/dev/null || umount -l "$point" 2>/dev/null || if grep -qF " $point " /proc/self/mounts; then echo "$point can be written" >&2; exit 9; fi ;; esac
            done
            mount -t proc proc /proc
            mount --bind /proc/sys /proc/sys
            mount -o remount,bind,ro /proc/sys
            umount -l /sys/fs/cgroup
            mount -t cgroup2 none /sys/fs/cgroup
            for folder in /run /tmp /var /root /home /etc/systemd /etc/wireguard /usr/lib/systemd/system /usr/lib/systemd/system-generators /usr/lib/tmpfiles.d; do
                mount -t tmpfs -o mode=755 tmpfs $folder
            done
            mkdir -p /run/devices/net /run/devices/shm /run/lock /run/systemd/system /etc/systemd/system /var/log /var/tmp
            ln -s /run /var/run
            for node in null zero full random urandom tty net/tun; do cp -a /dev/$node /run/devices/$node; done
            ln -s /proc/self/fd /run/devices/fd
            mount --bind /run/devices /dev
            for target in sysinit basic multi-user shutdown network-online nss-lookup sockets paths timers slices umount test; do
                printf "[Unit]\nDefaultDependencies=no\n" > /usr/lib/systemd/system/$target.target
            done
            for folder in / /etc /usr /proc/sys/kernel; do
                if touch $folder/.probe 2>/dev/null; then rm $folder/.probe; echo "$folder can be written" >&2; exit 9; fi
            done
            [ -z "$(ls /tmp)" ]
            exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=test.target --log-target=null --show-status=0'
        """;

    private readonly string _cgroup;
    private readonly Process _process;
    private readonly int _init;

    private SystemdMachine(string cgroup, Process process, int init) => (_cgroup, _process, _init) = (cgroup, process, init);

    /// <summary>What is missing for it, or null.</summary>
    public static string? Missing =>
        !File.Exists("/lib/systemd/systemd") ? "needs systemd"
        : CgroupRoot is not { } root ? "needs cgroup2"
        : ProcessResult.Run("sh", ["-c", $"mkdir {root}/wgt-probe-$$ && rmdir {root}/wgt-probe-$$"]).ExitCode != 0 ? "needs a cgroup2 that may be written" : null;

    private static string? CgroupRoot => File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(mount => mount[2] == "cgroup2")?[1];

    public static SystemdMachine Boot(NetworkNamespace network)
    {
        var cgroup = Path.Combine(CgroupRoot!, $"wgt-{Environment.ProcessId}-{network.Name}");
        var process = Process.Start(ProcessResult.StartInfo("nsenter", [$"--net={network.Path}", "sh", "-c", BootScript, "boot", cgroup]))!;
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30) && !process.HasExited; Thread.Sleep(20))
        {
            if (FindInit(cgroup) is not { } init)
                continue;
            var machine = new SystemdMachine(cgroup, process, init);
            if (machine.TryRun("systemctl", "is-system-running").Output.Trim() is "running" or "degraded")
                return machine;
        }

        Clear(cgroup, process);
        throw new InvalidOperationException($"systemd does not come up: {said.GetAwaiter().GetResult()}");
    }

    /// <summary>Where a file of it is for those outside.</summary>
    public string PathOf(string file) => $"/proc/{_init}/root{file}";

    public ProcessResult TryRun(params string[] command) =>
        ProcessResult.Run("nsenter", [$"--target={_init}", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net", .. command]);

    public string Run(params string[] command) => TryRun(command).EnsureSuccess().Output;

    /// <summary>A property of a unit.</summary>
    public string Show(string unit, string property) => Run("systemctl", "show", "--value", $"--property={property}", unit).Trim();

    /// <summary>The id outside of a process inside.</summary>
    public int Outside(int inside) => Processes(_cgroup).First(id => NamespaceIds(id) is [.., var last] && last == inside);

    public void Dispose() => Clear(_cgroup, _process);

    private static void Clear(string cgroup, Process process)
    {
        foreach (var id in Processes(cgroup))
            Signals.Send(id, Signals.Kill);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "systemd ends with its process 1");
        process.Dispose();
        Eventually.True(() => Processes(cgroup).Count == 0, "its processes are gone");
        if (!Directory.Exists(cgroup))
            return;
        foreach (var folder in Directory.EnumerateDirectories(cgroup, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length).Append(cgroup))
            ProcessResult.Run("rmdir", [folder]);
    }

    private static int? FindInit(string cgroup)
    {
        foreach (var id in Processes(cgroup))
        {
            if (NamespaceIds(id) is [_, .., 1] && Name(id) == "systemd")
                return id;
        }

        return null;
    }

    // "" when it has ended meanwhile.
    private static string Name(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static List<int> Processes(string cgroup)
    {
        if (!Directory.Exists(cgroup))
            return [];
        try
        {
            return [.. Directory.EnumerateFiles(cgroup, "cgroup.procs", SearchOption.AllDirectories).SelectMany(File.ReadAllLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return Processes(cgroup);
        }
    }

    /// <summary>A process's ids, from the outermost namespace to its own.</summary>
    private static int[] NamespaceIds(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").First(text => text.StartsWith("NSpid:", StringComparison.Ordinal));
            return [.. line.Split('\t', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
