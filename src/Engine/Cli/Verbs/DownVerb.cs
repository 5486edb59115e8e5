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
        command.SetAction(parsed =>
        {
            var (_, name) = TunnelFile.Locate(parsed.GetValue(target)!);
            Down(name, ConsoleLog.ForStandardError(name, LogLevel.Warning), Console.Out.WriteLine, Console.Error.WriteLine);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Ends it and waits until everything is undone.</summary>
    /// <param name="tell">Takes what was done; null: nobody wants to know.</param>
    /// <param name="warn">Takes what else had to be done.</param>
    public static void Down(string name, EngineLog log, Action<string>? tell, Action<string> warn)
    {
        using var engine = ControlConnection.TryOpen(name);
        if (engine is null)
        {
            CleanUp(name, log, tell);
            return;
        }

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
        if (UndoWhenGone(name, log) > 0)
            warn($"The engine of {name} ended before it had undone everything; the rest is undone now.");
        tell?.Invoke($"{name} is down.");
    }

    private static void CleanUp(string name, EngineLog log, Action<string>? tell)
    {
        var count = Undo(name, log);
        if (count is null)
            throw new CommandException(ExitCode.Error, $"An engine of {name} has just started; nothing was done.");
        if (count == 0)
            throw new CommandException(ExitCode.NotFound, $"No tunnel {name} is running.");
        tell?.Invoke($"{name} was not running; what its engine had left behind is undone.");
    }

    // A process counts as ended when its first thread has; its sockets close with the last, and answer until then.
    private static int? UndoWhenGone(string name, EngineLog log)
    {
        var watch = Stopwatch.StartNew();
        int? count;
        while ((count = Undo(name, log)) is null && watch.Elapsed < LastThread)
            Thread.Sleep(Pause);
        return count;
    }

    private static int? Undo(string name, EngineLog log)
    {
        try
        {
            return DeadEngine.CleanUp(name, log);
        }
        catch (HostNetworkException failure)
        {
            throw new CommandException(ExitCode.Error, $"{name} is not running, and what its engine left behind could not all be undone: {failure.Message}", failure);
        }
    }
}
