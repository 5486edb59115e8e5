using System.CommandLine;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`sync FILE|NAME`: brings a running tunnel to what its file says, or tells what that would change.</summary>
internal static class SyncVerb
{
    private static readonly string[] s_modes = [SyncModes.Sync, SyncModes.Replace, SyncModes.Append];

    public static Command Create()
    {
        var target = new Argument<string>("FILE|NAME") { Description = "A configuration file, or the name of a running tunnel: the file that it was started from." };
        var name = new Option<string>("--name") { Description = "The running tunnel, when the file is not called so." };
        var mode = new Option<string>("--mode") { DefaultValueFactory = _ => SyncModes.Sync, Description = "sync: what the file leaves out goes, sessions stay. replace: every peer begins anew. append: nothing goes." };
        mode.AcceptOnlyFromAmong(s_modes);
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing; tell what would be changed." };
        var json = new Option<bool>("--json") { Description = "Print the changes as JSON." };
        var command = new Command("sync", "Bring a running tunnel to what a file says; peers that stay keep their sessions.") { target, name, mode, dryRun, json };
        command.SetAction(parsed => (int)Sync(parsed.GetValue(target)!, parsed.GetValue(name), parsed.GetValue(mode)!, parsed.GetValue(dryRun), parsed.GetValue(json)));
        return command;
    }

    private static ExitCode Sync(string target, string? name, string mode, bool dryRun, bool json)
    {
        var location = TunnelFile.Resolve(target);
        var tunnel = name ?? location.TunnelName ?? TunnelFile.Locate(target).Name;
        if (!TunnelName.IsValid(tunnel))
            throw new CommandException(ExitCode.Usage, TunnelName.Rule);
        // A bare name is the tunnel's; its file need not be the one in /etc/wireguard.
        var file = target == tunnel ? StartedFrom(tunnel) : null;
        using var config = Read(file ?? location.Path);
        using var request = SyncRequests.From(config, mode, dryRun);
        using var engine = ControlConnection.Open(tunnel);
        var changes = engine.Sync(request).Changes;
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(changes, CliJsonContext.Readable.IReadOnlyListTunnelDifference));
        else
            ChangeReport.Write(Console.Out, tunnel, changes, dryRun);
        return ExitCode.Ok;
    }

    private static string? StartedFrom(string tunnel)
    {
        using var engine = ControlConnection.Open(tunnel);
        return engine.GetTunnel().ConfigPath;
    }

    // Hooks and SaveConfig belong to start and stop; here they have no part.
    private static TunnelConfig Read(string path)
    {
        var result = ConfigParser.ParseFile(path);
        foreach (var warning in result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Warning && d.Id != "NoPrivateKey"))
            Console.Error.WriteLine(warning);
        return result.Config ?? throw new CommandException(
            result.Diagnostics.Any(d => d.Id == "FileNotFound") ? ExitCode.NotFound : ExitCode.ConfigInvalid,
            string.Join('\n', result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error)));
    }
}
