using System.CommandLine;
using System.Text.Json;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`save NAME|FILE`: has the file that a tunnel was started from say what runs, or tells what that would change.</summary>
internal static class SaveVerb
{
    public static Command Create()
    {
        var target = new Argument<string>("NAME|FILE") { Description = "A running tunnel, or the file that it was started from." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Write nothing; tell what would be changed." };
        var json = new Option<bool>("--json") { Description = "Print the changes as JSON." };
        var command = new Command("save", "Write what a tunnel is now to the file that it was started from.") { target, dryRun, json };
        command.SetAction(parsed => (int)Save(parsed.GetValue(target)!, parsed.GetValue(dryRun), parsed.GetValue(json)));
        return command;
    }

    private static ExitCode Save(string target, bool dryRun, bool json)
    {
        var (_, name) = TunnelFile.Locate(target);
        using var engine = ControlConnection.Open(name);
        var result = engine.Save(dryRun);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(result.Changes, CliJsonContext.Readable.IReadOnlyListTunnelDifference));
            return ExitCode.Ok;
        }

        ChangeReport.Write(Console.Out, name, result.Changes, dryRun);
        if (result.Changes.Count > 0 && !dryRun)
            Console.Out.WriteLine($"{name}: saved to {result.Path}.");
        return ExitCode.Ok;
    }
}
