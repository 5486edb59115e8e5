using System.CommandLine;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`down NAME|FILE`: returns when everything is undone.</summary>
internal static class DownVerb
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var target = new Argument<string>("NAME|FILE") { Description = "A running tunnel, or the file that it was started from." };
        var command = new Command("down", "End a tunnel and undo what it did.") { target };
        command.SetAction(parsed => (int)Down(parsed.GetValue(target)!));
        return command;
    }

    private static ExitCode Down(string target)
    {
        var (_, name) = TunnelFile.Locate(target);
        using var engine = ControlConnection.Open(name);
        engine.Stop();
        if (!engine.WaitForEnd(Timeout))
            throw new CommandException(ExitCode.Timeout, $"The engine of {name} has not ended after {Timeout.TotalSeconds:0} s.");
        Console.Out.WriteLine($"{name} is down.");
        return ExitCode.Ok;
    }
}
