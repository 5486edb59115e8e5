using System.CommandLine;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`serve NAME`: a tunnel that others join by a code or an invitation; without a file, from a state of its own.</summary>
internal static class ServeVerb
{
    private const string DetachedOption = "--detached";

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The tunnel, which is the interface." };
        var foreground = new Option<bool>("--foreground") { Description = "Stay in the foreground until Ctrl-C or SIGTERM." };
        var setAside = new Option<bool>("--set-aside") { Description = "Move a state that is damaged out of the way first, and begin anew: with another key and without peers." };
        var report = new Option<string>("--report") { Description = "json: tell the outcome as one JSON line on standard output.", HelpName = "json" };
        report.AcceptOnlyFromAmong("json");
        var detached = new Option<bool>(DetachedOption) { Hidden = true };
        var timeout = Timeouts.Option("--timeout", "Seconds to wait until it is ready; then it is ended.", UpVerb.DefaultTimeout);
        var command = new Command("serve", "Start a tunnel that others join by a code (`open`) or an invitation (`invite`).") { name, foreground, setAside, timeout, report, detached };
        var serve = new ServeArguments();
        serve.AddTo(command);
        var start = new StartArguments();
        start.AddTo(command, hasFile: false);
        command.Validators.Add(result =>
        {
            if (!TunnelName.IsValid(result.GetValue(name)))
                result.AddError(TunnelName.Rule);
        });
        command.SetAction(parsed =>
        {
            var (tunnel, settings, choices) = (parsed.GetValue(name)!, serve.SettingsOf(parsed), start.ChoicesOf(parsed));
            if (parsed.GetValue(detached) || parsed.GetValue(foreground))
            {
                var setsAside = parsed.GetValue(setAside);
                return (int)RunVerb.RunServed(tunnel, parsed.GetValue(detached), choices, () => ServedTunnel.Open(tunnel, settings, ServedLocation.DirectoryOf(tunnel), setsAside));
            }

            return (int)Serve(tunnel, settings, choices, parsed.GetValue(setAside), TimeSpan.FromSeconds(parsed.GetValue(timeout)), parsed.GetValue(report) is not null);
        });
        return command;
    }

    private static ExitCode Serve(string name, ServeSettings settings, StartChoices choices, bool setsAside, TimeSpan timeout, bool json)
    {
        var report = Start(name, settings, choices, setsAside, timeout, json ? null : Console.Error.WriteLine);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, ControlJsonContext.Default.StartReport));
            return UpVerb.CodeOf(report);
        }

        if (!report.Ready)
            throw UpVerb.Failure(report);
        foreach (var warning in report.Warnings ?? [])
            Console.Error.WriteLine(warning);
        Console.Out.WriteLine($"{name} is up (process {report.ProcessId}). Nobody can join yet: `wireguard-engine open {name}` shows a code, `invite {name}` makes a link.");
        return ExitCode.Ok;
    }

    private static StartReport Start(string name, ServeSettings settings, StartChoices choices, bool setsAside, TimeSpan timeout, Action<string>? tell)
    {
        // Its state is its own; that it is in use would say less.
        using (var running = ControlConnection.TryOpen(name))
        {
            if (running is not null)
                return DetachedStart.Failed(name, StartErrorId.TunnelExists, $"A tunnel {name} runs already.");
        }

        ProcessCalls.CloseOthersOnExec();
        string[] arguments = ["serve", name, DetachedOption, .. setsAside ? ["--set-aside"] : (string[])[], .. ServeArguments.For(settings), .. StartArguments.For(choices)];
        return DetachedStart.Run(name, arguments, timeout, tell: tell, choices: choices.Host);
    }
}
