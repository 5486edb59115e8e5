using System.CommandLine;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`check FILE`: every error and warning with its place, as compilers write them.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A configuration file, or the name of one in /etc/wireguard." };
        var command = new Command("check", "Check a configuration file.") { file };
        command.SetAction(parsed => (int)Check(parsed.GetValue(file)!));
        return command;
    }

    private static ExitCode Check(string file)
    {
        var path = TunnelFile.Resolve(file).Path;
        var result = ConfigParser.ParseFile(path);
        using var config = result.Config;
        ConfigDiagnostic[] diagnostics = [.. result.Diagnostics, .. config is null ? (IEnumerable<ConfigDiagnostic>)[] : [.. OwnPeer.Warnings(config), .. ConfigSupport.HooksNotRun(config)]];
        foreach (var diagnostic in diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column))
            Console.Out.WriteLine(diagnostic);
        var errors = diagnostics.Count(d => d.Severity == ConfigSeverity.Error);
        if (diagnostics.Any(d => d.Id == "FileNotFound"))
            return ExitCode.NotFound;
        if (errors > 0)
            return ExitCode.ConfigInvalid;
        Console.Out.WriteLine($"{path}: no errors, {CountText.Of(diagnostics.Length, "warning")}, {CountText.Of(config!.Peers.Count, "peer")}");
        return ExitCode.Ok;
    }
}
