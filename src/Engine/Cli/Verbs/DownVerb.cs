using System.CommandLine;
using System.Diagnostics;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`down NAME|FILE`: returns when everything is undone, by the engine or, if that was killed, in its place.</summary>
internal static class DownVerb
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastThread = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

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
        using var engine = ControlConnection.TryOpen(name);
        if (engine is null)
            return CleanUp(name);
        try
        {
            engine.Stop();
        }
        catch (EngineHungUpException)
        {
            // It ends, in whatever way.
        }

        if (!engine.WaitForEnd(Timeout))
            throw new CommandException(ExitCode.Timeout, $"The engine of {name} has not ended after {Timeout.TotalSeconds:0} s.");
        // It was killed on its way.
        if (UndoWhenGone(name) > 0)
            Console.Error.WriteLine($"The engine of {name} ended before it had undone everything; the rest is undone now.");
        Console.Out.WriteLine($"{name} is down.");
        return ExitCode.Ok;
    }

    private static ExitCode CleanUp(string name)
    {
        var count = Undo(name);
        if (count is null)
            throw new CommandException(ExitCode.Error, $"An engine of {name} has just started; nothing was done.");
        if (count == 0)
            throw new CommandException(ExitCode.NotFound, $"No tunnel {name} is running.");
        Console.Out.WriteLine($"{name} was not running; what its engine had left behind is undone.");
        return ExitCode.Ok;
    }

    // A process counts as ended when its first thread has; its sockets close with the last, and answer until then.
    private static int? UndoWhenGone(string name)
    {
        var watch = Stopwatch.StartNew();
        int? count;
        while ((count = Undo(name)) is null && watch.Elapsed < LastThread)
            Thread.Sleep(Pause);
        return count;
    }

    private static int? Undo(string name)
    {
        try
        {
            return DeadEngine.CleanUp(name, ConsoleLog.ForStandardError(name, LogLevel.Warning));
        }
        catch (HostNetworkException failure)
        {
            throw new CommandException(ExitCode.Error, $"{name} is not running, and what its engine left behind could not all be undone: {failure.Message}", failure);
        }
    }
}
