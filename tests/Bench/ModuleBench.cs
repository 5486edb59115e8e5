using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace WireGuard.Bench;

/// <summary>Import-Module to the first Get-WgTunnel, each in a fresh pwsh.</summary>
internal static class ModuleBench
{
    public const string Title = "Module";
    private const int Runs = 7;

    public static Section Measure(string module, string engine)
    {
        if (!Directory.Exists(module))
            return Section.NotMeasured(Title, $"{module} is not there");
        try
        {
            var script = $"$w = [Diagnostics.Stopwatch]::StartNew(); Import-Module '{module}' -ErrorAction Stop; $null = Get-WgTunnel -ErrorAction Stop; $w.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)";
            Run(script, engine);
            var (median, min, max) = Sample.Of(Enumerable.Range(0, Runs).Select(_ => Run(script, engine)));
            return new Section(Title, $"Wall time inside pwsh, {Runs} fresh processes. Goal: under a second.",
            [
                ["", "median", "fastest", "slowest"],
                ["`Import-Module` to the first `Get-WgTunnel`", Text(median), Text(min), Text(max)],
            ]);
        }
        catch (Win32Exception)
        {
            return Section.NotMeasured(Title, "pwsh was not found");
        }
    }

    private static double Run(string script, string engine)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoProfile", "-NonInteractive", "-Command", script]) { RedirectStandardOutput = true };
        start.Environment["WIREGUARD_ENGINE"] = engine;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.TryParse(output, CultureInfo.InvariantCulture, out var milliseconds)
            ? milliseconds
            : throw new InvalidOperationException("pwsh said: " + output);
    }

    private static string Text(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");
}
