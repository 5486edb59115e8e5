using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using WireGuard.Api;
using WireGuard.Engine.Cli.Demo.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Bench;

/// <summary>The module in fresh processes of pwsh: what importing it costs, and what many peers do.</summary>
internal static class ModuleBench
{
    public const string Title = "Module";
    private const int Runs = 7;

    private const string Common = """
        $ErrorActionPreference = 'Stop'
        function Measure-It($Name, [scriptblock] $Script) {
            $before = [Environment]::CpuUsage.TotalTime
            $watch = [Diagnostics.Stopwatch]::StartNew()
            $null = & $Script
            $wall, $cpu = $watch.Elapsed, ([Environment]::CpuUsage.TotalTime - $before)
            "$Name`t$($wall.TotalMilliseconds)`t$($cpu.TotalMilliseconds)"
        }
        """;

    private const string Peers = """
        Import-Module $module
        Start-WgTunnel $config
        try {
            $key = { [Convert]::ToBase64String([Security.Cryptography.RandomNumberGenerator]::GetBytes(32)) }
            $peers = foreach ($i in 0..9999) { [pscustomobject]@{ Tunnel = $tunnel; PublicKey = & $key; AllowedIP = "10.$([int][Math]::Floor($i / 65536)).$([int][Math]::Floor($i / 256) % 256).$($i % 256)" } }
            Measure-It '10,000 peers added through the pipeline' { $peers | Add-WgPeer }
            $null = $peers[1000..9999] | Remove-WgPeer
            $null = Get-WgPeer $tunnel
            Measure-It '`Get-WgPeer` with 1,000 peers' { Get-WgPeer $tunnel }
            $line = "Get-WgPeer $tunnel "
            $null = TabExpansion2 $line $line.Length
            Measure-It 'completion of 1,000 peers'' keys' { TabExpansion2 $line $line.Length }
            $line = 'Stop-WgTunnel '
            Measure-It 'completion of tunnels' { TabExpansion2 $line $line.Length }
        }
        finally { Stop-WgTunnel $tunnel }
        """;

    public static Section Measure(string module, string engine)
    {
        if (!Directory.Exists(module))
            return Section.NotMeasured(Title, $"{module} is not there");
        var folder = Directory.CreateTempSubdirectory("wgmb-");
        try
        {
            var empty = Path.Combine(folder.FullName, "Empty.dll");
            Run($"Add-Type 'public class Empty {{}}' -OutputAssembly '{empty}'", engine, folder.FullName);
            var samples = new List<(string What, double Wall, double Cpu)>();
            for (var run = 0; run <= Runs; run++)
            {
                var now = Run($"Measure-It '`Import-Module` of an empty binary module' {{ Import-Module '{empty}' }}", engine, folder.FullName)
                    .Concat(Run($"Measure-It '`Import-Module`' {{ Import-Module '{module}' }}; Measure-It 'the first `Get-WgTunnel`' {{ Get-WgTunnel }}", engine, folder.FullName))
                    .Concat(RunWithPeers(module, engine, folder.FullName));
                // The first one reads files that the others find in memory.
                if (run > 0)
                    samples.AddRange(now);
                else
                    _ = now.Count();
            }

            return new Section(Title, $"{Runs} fresh processes each. Wall time, and processor time of pwsh's process alone, compilation of what it runs for the first time with it. Goals: 150 ms over an empty module; 5 s for 10,000 peers; 100 ms for `Get-WgPeer`; 200 ms for a completion.",
            [
                ["", "wall, median", "fastest", "slowest", "processor time, median"],
                .. samples.GroupBy(s => s.What).Select(Row),
            ]);
        }
        catch (Win32Exception)
        {
            return Section.NotMeasured(Title, "pwsh was not found");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] Row(IGrouping<string, (string What, double Wall, double Cpu)> samples)
    {
        var (median, min, max) = Sample.Of(samples.Select(s => s.Wall));
        return [samples.Key, Text(median), Text(min), Text(max), Text(Sample.Of(samples.Select(s => s.Cpu)).Median)];
    }

    // In a network namespace that nobody else is in.
    private static IEnumerable<(string, double, double)> RunWithPeers(string module, string engine, string folder)
    {
        if (!OperatingSystem.IsLinux() || EffectiveUser.Id != 0 || !File.Exists("/dev/net/tun"))
            return [];
        var tunnel = string.Create(CultureInfo.InvariantCulture, $"wgm{Environment.ProcessId}");
        var config = Path.Combine(folder, tunnel + ".conf");
        using (var key = SecretKey.RandomPrivateKey())
            File.WriteAllText(config, $"[Interface]\nPrivateKey = {key.ToBase64()}\n");
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var network = new NetworkNamespace();
        return network.Run(() => Run($"$module, $config, $tunnel = '{module}', '{config}', '{tunnel}'\n{Peers}", engine, folder));
    }

    private static List<(string, double, double)> Run(string script, string engine, string folder)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoProfile", "-NonInteractive", "-Command", $"{Common}\n{script}"]) { RedirectStandardOutput = true };
        start.Environment["WIREGUARD_ENGINE"] = engine;
        start.Environment[ControlProtocol.DirectoryVariable] = Path.Combine(folder, "run");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException("pwsh said: " + output);
        return
        [
            .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Where(parts => parts.Length == 3)
                .Select(parts => (parts[0], double.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture))),
        ];
    }

    private static string Text(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");
}
