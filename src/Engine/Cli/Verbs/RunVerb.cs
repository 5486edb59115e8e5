using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Service;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`run FILE|NAME`, the drop-in form, and the hidden child of both that is detached.</summary>
internal static class RunVerb
{
    private const string DetachedOption = "--detached";
    private const string DropInOption = "--drop-in";
    private const string TemporaryOption = "--temporary";

    /// <summary>Set to 1, the drop-in form stays in the foreground.</summary>
    public const string ForegroundVariable = "WG_PROCESS_FOREGROUND";

    public static Command Create()
    {
        var target = new Argument<string>("FILE|NAME") { Description = "A configuration file, or the name of one in /etc/wireguard." };
        var detached = new Option<bool>(DetachedOption) { Hidden = true };
        var dropIn = new Option<bool>(DropInOption) { Hidden = true };
        var temporary = new Option<bool>(TemporaryOption) { Hidden = true };
        var command = new Command("run", "Run a tunnel in the foreground until Ctrl-C or SIGTERM.") { target, detached, dropIn, temporary };
        var arguments = new StartArguments();
        arguments.AddTo(command);
        command.SetAction(parsed => (int)(parsed.GetValue(temporary)
            ? RunTemporary(parsed.GetValue(target)!)
            : Run(parsed.GetValue(target)!, parsed.GetValue(detached), parsed.GetValue(dropIn), arguments.ChoicesOf(parsed))));
        return command;
    }

    /// <summary>Arguments that have this executable run a tunnel detached.</summary>
    internal static IReadOnlyList<string> DetachedArguments(string path, StartChoices choices) => ["run", path, DetachedOption, .. StartArguments.For(choices)];

    private static IReadOnlyList<string> DetachedDropIn(string name) => ["run", name, DetachedOption, DropInOption];

    /// <summary>Arguments that have it run a tunnel detached that is a <see cref="TemporaryTunnel"/>.</summary>
    public static IReadOnlyList<string> TemporaryArguments(string path) => ["run", path, TemporaryOption];

    /// <summary>Runs the tunnel if these are <see cref="DetachedArguments"/> without any choice, or the drop-in form's; else returns null.</summary>
    internal static ExitCode? TryRunDetached(string[] arguments) => arguments switch
    {
        ["run", var target, DetachedOption] when !target.StartsWith('-') => Run(target, detached: true, dropIn: false, StartChoices.None),
        ["run", var target, DetachedOption, DropInOption] when !target.StartsWith('-') => Run(target, detached: true, dropIn: true, StartChoices.None),
        _ => null,
    };

    /// <summary>As wg-quick calls an implementation: interface and sockets only, configured by others afterwards.</summary>
    public static ExitCode RunDropIn(string name, bool foreground)
    {
        if (foreground)
            return Run(name, detached: false, dropIn: true, StartChoices.None);
        var report = DetachedStart.Run(name, DetachedDropIn(name), UpVerb.DefaultTimeout);
        if (!report.Ready)
            throw UpVerb.Failure(report);
        // A mistyped verb looks like an interface's name; this line tells.
        Console.Error.WriteLine($"Interface {name} is there, not configured (process {report.ProcessId}).");
        return ExitCode.Ok;
    }

    /// <summary>Runs a tunnel that others join.</summary>
    /// <param name="open">Called once keys are safe in this process.</param>
    internal static ExitCode RunServed(string name, bool detached, StartChoices choices, Func<ServedTunnel> open) => Run(name, detached, dropIn: false, choices, open);

    private static ExitCode Run(string target, bool detached, bool dropIn, StartChoices choices, Func<ServedTunnel>? open = null)
    {
        Protect();
        using var signals = new StopSignals(endsOnHangUp: !detached);
        if (detached)
            return RunDetached(target, dropIn, choices, OpenFile, signals, null, open);
        using var manager = ServiceNotifier.FromEnvironment();
        var told = ClosedStart.CloseAgain(target, choices);
        try
        {
            return RunHere(target, dropIn, choices, signals, manager, told, open);
        }
        catch (StartException failure)
        {
            throw ClosedStart.With(failure, told);
        }
    }

    private static ExitCode RunHere(string target, bool dropIn, StartChoices choices, StopSignals signals, ServiceNotifier manager, IReadOnlyList<string> told, Func<ServedTunnel>? open)
    {
        using var namespaces = OpenNamespaces(choices);
        using var host = Start(target, dropIn, choices, ConsoleLog.ForStandardError, signals, namespaces, null, manager.Status, false, told, out var log, out _, manager, open);
        manager.Ready(host.TunnelName);
        Wait(host, log, signals, namespaces, manager);
        return host.IsEndAskedFor || dropIn ? ExitCode.Ok : ExitCode.Error;
    }

    private static ExitCode RunTemporary(string path)
    {
        Protect();
        using var signals = new StopSignals(endsOnHangUp: false);
        using var temporary = TemporaryTunnel.Enter(path, signals);
        return RunDetached(path, dropIn: false, StartChoices.None, (_, _) => EngineLog.None, signals, temporary);
    }

    // Keys stay in here: neither in files that others may read nor in core dumps.
    private static void Protect()
    {
        ProcessCalls.SetFileModeMask(ProcessCalls.OwnerOnlyMask);
        ProcessCalls.ForbidCoreDumps();
    }

    private static ExitCode RunDetached(string target, bool dropIn, StartChoices choices, Func<string, LogLevel, EngineLog> openLog, StopSignals signals, TemporaryTunnel? temporary, Func<ServedTunnel>? open = null)
    {
        // A path is absolute: the parent saw to it.
        DetachedChild.Enter();
        var told = ClosedStart.CloseAgain(target, choices);
        try
        {
            using var namespaces = OpenNamespaces(choices);
            using var host = Start(target, dropIn, choices, openLog, signals, namespaces, temporary, DetachedChild.Tell, true, told, out var log, out var warnings, open: open);
            CrashLog.Watch(log);
            DetachedChild.Report(new StartReport { Ready = true, Tunnel = host.TunnelName, ProcessId = Environment.ProcessId, Warnings = warnings.Count > 0 ? warnings : null });
            Wait(host, log, signals, namespaces);
            return ExitCode.Ok;
        }
        catch (StartException failure)
        {
            DetachedChild.Report(new StartReport { Tunnel = target, ErrorId = failure.Id.ToString(), Message = ClosedStart.With(failure, told).Message });
            return CommandException.CodeOf(failure.Id);
        }
    }

    private static TunnelHost Start(
        string target, bool dropIn, StartChoices choices, Func<string, LogLevel, EngineLog> openLog, StopSignals signals, TunnelNamespaces? namespaces, TemporaryTunnel? temporary, Action<string>? tell, bool isDetached, IReadOnlyList<string> told, out EngineLog log, out IReadOnlyList<string> warnings, ServiceNotifier? manager = null, Func<ServedTunnel>? open = null)
    {
        TunnelConfig? config = null;
        IReadOnlyList<ConfigDiagnostic> doubts = [];
        var name = target;
        var served = open?.Invoke();
        if (served is not null)
            (name, config) = (served.Name, served.Config);
        else if (!dropIn)
            (name, config) = TunnelFile.Load(target, out doubts);
        temporary?.ConfigWasRead();
        var notRun = config is null ? [] : HooksNotRun(config, choices);
        var runsHooks = choices.AllowHooks && notRun.Count == 0;
        var notSaved = config is { Interface.SaveConfig: true } && SavedFile.Objection(config.Path!) is { } objection ? [ConfigSupport.NotSaved(config, objection)] : (ConfigDiagnostic[])[];
        var level = Environment.GetEnvironmentVariable(LogLevels.Variable);
        warnings = [.. doubts.Concat(notRun).Concat(notSaved).Select(d => d.ToString()), .. LogLevels.Misunderstood(level) is { } misunderstood ? [misunderstood] : (string[])[]];
        log = openLog(name, LogLevels.Parse(level, LogLevel.Information));

        var options = new TunnelHostOptions
        {
            Name = name,
            Config = config,
            Enrollment = served?.Setup,
            Choices = choices.Host,
            NetNs = choices.NetNs,
            SocketNetNs = choices.SocketNetNs,
            StartOptions = isDetached && !dropIn && open is null ? [.. StartArguments.For(choices)] : null,
            LookUp = namespaces is null ? null : (host, _) => namespaces.LookUpAsync(host),
            RunsHooks = runsHooks,
            ControlGroup = ControlGroupOf(choices),
            Queues = dropIn ? StartArguments.QueuesOfDropIn() : choices.Lanes,
            TunDescriptor = dropIn ? Descriptor("WG_TUN_FD") : null,
            UapiDescriptor = dropIn ? Descriptor("WG_UAPI_FD") : null,
            Log = log,
            Progress = tell,
            Syncing = manager is null ? null : begins =>
            {
                if (begins)
                    manager.Reloading();
                else
                    manager.Reloaded(name);
            },
        };
        var host = TunnelHost.Start(options, new LinuxPlatform(OffloadChoice.FromEnvironment(), namespaces), TransportAeadFactory.Best, signals.Token);
        try
        {
            warnings = [.. warnings, .. told, .. host.Warnings, .. served?.KeepSettings() is { } notKept ? [notKept] : (string[])[]];
            foreach (var warning in warnings)
                log.Warning(warning);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private static ControlGroup? ControlGroupOf(StartChoices choices) =>
        choices.ControlGroup is not { } name ? null
        : UserGroup.Find(name) is { } id ? new ControlGroup(id, choices.ControlGroupWrites)
        : throw new StartException(StartErrorId.InvalidValue, $"There is no group `{name}`.");

    private static IReadOnlyList<ConfigDiagnostic> HooksNotRun(TunnelConfig config, StartChoices choices) =>
        !choices.AllowHooks ? ConfigSupport.HooksNotRun(config)
        : HookFile.Objection(config.Path!) is { } objection ? ConfigSupport.HooksNotRun(config, objection)
        : [];

    private static TunnelNamespaces? OpenNamespaces(StartChoices choices) => TunnelNamespaces.Open(choices.NetNs, choices.SocketNetNs);

    private static void Wait(TunnelHost host, EngineLog log, StopSignals signals, TunnelNamespaces? namespaces, ServiceNotifier? manager = null)
    {
        namespaces?.Watch(reason => host.RequestStop(reason, EndCause.Happened));
        signals.Asked += Ask;
        // One that came before.
        if (signals.Token.IsCancellationRequested)
            Ask(signals.Reason, signals.IsAskedFor);
        var why = host.WaitForStop();
        manager?.Stopping(why);
        log.Information($"ending: {why}");
        host.Dispose();
        signals.Asked -= Ask;

        // A manager's signal says nothing of what comes next: a restart sends the same. Somebody at a terminal sends another one.
        void Ask(string reason, bool isAskedFor) =>
            host.RequestStop(reason, !isAskedFor ? EndCause.Happened : manager is { IsThere: true } && reason == nameof(PosixSignal.SIGTERM) ? EndCause.Manager : EndCause.Wanted);
    }

    // Opened with the first line, which comes after the name was found free: a second start must not touch the log of
    // the engine that runs.
    private static EngineLog OpenFile(string name, LogLevel level) =>
        new LazyLog(() => new FileLog(Path.Combine(ControlProtocol.Directory, name + ".log"), name) { Level = level }) { Level = level };

    private static int? Descriptor(string variable) => Environment.GetEnvironmentVariable(variable) switch
    {
        null or "" => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) => descriptor,
        _ => throw new StartException(StartErrorId.EngineFailed, $"{variable} is not a descriptor's number."),
    };
}
