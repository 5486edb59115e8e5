using System.CommandLine;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`up FILE|NAME`: a tunnel that outlives the shell; returns when it is ready.</summary>
internal static class UpVerb
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var target = new Argument<string>("FILE|NAME") { Description = "A configuration file, or the name of one in /etc/wireguard." };
        var timeout = Timeouts.Option("--timeout", "Seconds to wait until it is ready; then it is ended.", DefaultTimeout);
        var report = new Option<string>("--report") { Description = "json: tell the outcome as one JSON line on standard output.", HelpName = "json" };
        report.AcceptOnlyFromAmong("json");
        var arguments = new StartArguments();
        var command = new Command("up", "Start a tunnel that outlives the shell.") { target, timeout, report };
        arguments.AddTo(command);
        command.SetAction(parsed => (int)Up(parsed.GetValue(target)!, arguments.ChoicesOf(parsed), TimeSpan.FromSeconds(parsed.GetValue(timeout)), parsed.GetValue(report) is not null));
        return command;
    }

    /// <summary>What a report says, as an exception that ends the command.</summary>
    public static CommandException Failure(StartReport report) => new(CodeOf(report), report.Message ?? "The engine did not start.");

    private static ExitCode Up(string target, StartChoices choices, TimeSpan timeout, bool json)
    {
        var report = Start(target, choices, timeout, json ? null : Console.Error.WriteLine);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, ControlJsonContext.Default.StartReport));
            return CodeOf(report);
        }

        if (!report.Ready)
            throw Failure(report);
        foreach (var warning in report.Warnings ?? [])
            Console.Error.WriteLine(warning);
        Console.Out.WriteLine($"{report.Tunnel} is up (process {report.ProcessId}).");
        return ExitCode.Ok;
    }

    /// <summary>Starts the tunnel of a file and waits until it is ready, or says why it is not.</summary>
    public static StartReport Start(string target, StartChoices choices, TimeSpan timeout, Action<string>? tell, CancellationToken cancel = default)
    {
        try
        {
            var (path, name) = TunnelFile.Locate(target);
            if (target == name && !File.Exists(path) && ServedLocation.Exists(name))
                return DetachedStart.Failed(name, StartErrorId.ConfigNotFound, $"There is no {path}: {name} is a tunnel that others join, and `wireguard-engine serve {name}` starts it.");
            // The engine outlives whoever opened them: a lock of a script's would be held for as long.
            ProcessCalls.CloseOthersOnExec();
            return DetachedStart.Run(name, RunVerb.DetachedArguments(path, choices), timeout, tell: tell, choices: choices.Host, cancel: cancel);
        }
        catch (StartException failure)
        {
            return DetachedStart.Failed(target, failure.Id, failure.Message);
        }
    }

    public static ExitCode CodeOf(StartReport report) =>
        report.Ready ? ExitCode.Ok
        : Enum.TryParse<StartErrorId>(report.ErrorId, out var id) ? CommandException.CodeOf(id)
        : ExitCode.Error;
}
