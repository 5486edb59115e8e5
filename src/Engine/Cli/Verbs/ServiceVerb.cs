using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Service;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`service install FILE|NAME` and `service remove NAME`: a tunnel as a service of systemd, or none any more.</summary>
internal static class ServiceVerb
{
    public static Command Create()
    {
        var command = new Command("service", "Have systemd run a tunnel: from the next boot on, and again when it fails.") { CreateInstall(), CreateRemove() };
        command.Validators.Add(result =>
        {
            if (result.Children.OfType<System.CommandLine.Parsing.CommandResult>().FirstOrDefault() is null)
                result.AddError("`service` needs `install` or `remove`.");
        });
        return command;
    }

    private static Command CreateInstall()
    {
        var target = new Argument<string>("FILE|NAME") { Description = "A configuration file, the name of one in /etc/wireguard, or of a tunnel that was served." };
        var start = new Option<bool>("--start") { Description = "Start it now, too." };
        var noEnable = new Option<bool>("--no-enable") { Description = "It does not start with the machine, unless it did before." };
        var common = new CommonOptions();
        var arguments = new StartArguments();
        var command = new Command("install", "Write the unit, with the options of the start if there are any, and have it started with the machine.") { target, start, noEnable };
        arguments.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed => (int)Install(parsed.GetValue(target)!, arguments.ChoicesOf(parsed), parsed.GetValue(start), parsed.GetValue(noEnable), common.Of(parsed)));
        return command;
    }

    private static Command CreateRemove()
    {
        var name = new Argument<string>("NAME") { Description = "The tunnel." };
        var stop = new Option<bool>("--stop") { Description = "Stop it, too, and open its kill switch; else it goes on running." };
        var common = new CommonOptions();
        var command = new Command("remove", "Take the service away; the template goes with the last one.") { name, stop };
        common.AddTo(command);
        command.SetAction(parsed => (int)Remove(parsed.GetValue(name)!, parsed.GetValue(stop), common.Of(parsed)));
        return command;
    }

    private static ExitCode Install(string target, StartChoices choices, bool start, bool noEnable, Common common)
    {
        if ((choices.NetNs ?? choices.SocketNetNs) is { } netns)
            throw new CommandException(ExitCode.Usage, $"A service is confined and cannot enter the network namespace {netns}; start such a tunnel by `up`.");
        var engine = EngineCommand();
        var fitness = new ServiceFitness(common.Root);
        var served = fitness.ServedName(target);
        var (path, name) = served is null ? TunnelFile.Locate(target) : ("", served);
        ServiceFitness.RequireName(name);
        var stateDirectory = served is null ? null : fitness.RequireServable(name, choices);
        if (served is null)
            fitness.Read(path);
        ServiceFitness.RequireVisible(engine);
        // By number: at boot, the directory that knows the name may be out of reach, and another group be called so later.
        if (choices.ControlGroup is { } group)
            choices = choices with { ControlGroup = fitness.NumberOf(group).ToString(CultureInfo.InvariantCulture) };
        var (folder, fileFolder) = served is null ? (Path.GetDirectoryName(path)!, fitness.FolderOf(path)) : (ConfigLocation.DefaultDirectory, ConfigLocation.DefaultDirectory);
        var files = new ServiceFiles(name, common.Root);
        if (files.Masked is { } masked)
            throw new CommandException(ExitCode.Error, $"{masked} is masked, so that nothing starts it; `systemctl unmask {UnitName.Quoted(masked)}` allows it again.");
        if (served is null && target == name && files.Serves)
            throw new CommandException(ExitCode.Exists, $"The service of {name} is that of a tunnel that others join, and stays so; `service install {path}` makes it that of the file.");
        var steps = files.Install(
            ServiceUnit.TemplateText(engine),
            ServiceUnit.OptionsText(new ServiceOptions(name)
            {
                Words = [.. StartArguments.For(choices)],
                ConfigDirectory = folder == ConfigLocation.DefaultDirectory ? null : folder,
                FileDirectory = fileFolder == ConfigLocation.DefaultDirectory ? null : fileFolder,
                Serves = served is null ? null : engine,
                StateDirectory = stateDirectory,
                AllowsHooks = choices.AllowHooks,
            }),
            noEnable ? null : true);
        var (unit, manager) = (UnitName.Of(name), common.Manager);
        if (start && manager is not { IsRunning: true })
            throw new CommandException(ExitCode.NotAvailable, "systemd does not run here, so nothing can be started by it.");
        var isActive = manager?.IsActive(unit) ?? false;
        if (start && !isActive && DeadEngine.IsAlive(name))
            throw new CommandException(ExitCode.Exists, $"{name} runs already, and not by systemd: `wireguard-engine down {name}` first, or leave --start away.");
        if (HookFile.Objection(engine[^1]) is { } objection)
            Console.Error.WriteLine($"The service runs the engine as root, but {objection}.");
        if (isActive && steps.Any(step => step.Change.Property is "Unit" or "Options"))
            Console.Error.WriteLine($"{name} runs already; `systemctl restart {UnitName.Quoted(unit)}` has it run with what is new.");
        if (manager is { IsRunning: false })
            Console.Error.WriteLine("systemd does not run here; the service counts where and when it does.");
        ServiceStep[] last = start && !isActive ? [new(new TunnelDifference(TunnelDifference.Added, "Running") { To = unit }, () => manager!.Start(unit))] : [];
        return Carry(name, [], steps, last, manager, common);
    }

    private static ExitCode Remove(string name, bool stop, Common common)
    {
        if (!TunnelName.IsValid(name))
            throw new CommandException(ExitCode.Usage, TunnelName.Rule);
        var (unit, manager) = (UnitName.Of(name), common.Manager);
        var isActive = manager?.IsActive(unit) ?? false;
        if (isActive && !stop)
            Console.Error.WriteLine($"{name} goes on running until `systemctl stop {UnitName.Quoted(unit)}`.");
        // A manager's stop leaves it closed, and so does a crash.
        var left = manager is not null && (isActive || !DeadEngine.IsAlive(name)) ? DeadEngine.FindKillSwitch(name) : null;
        if (left is not null && !isActive && !stop)
        {
            Console.Error.WriteLine(left.IsClosed == false
                ? $"The kill switch of {name} was left closed, but somebody else has taken it out of the firewall: it is open."
                : $"The kill switch of {name} stays closed until `wireguard-engine down {name}` or Stop-WgTunnel {name}.");
        }

        ServiceStep[] first =
        [
            .. isActive && stop ? [new(new TunnelDifference(TunnelDifference.Removed, "Running") { From = unit }, () => manager!.Stop(unit))] : Array.Empty<ServiceStep>(),
            .. left is not null && stop ? [new(new TunnelDifference(TunnelDifference.Removed, "KillSwitch") { From = "closed" }, () => OpenKillSwitch(name))] : Array.Empty<ServiceStep>(),
        ];
        return Carry(name, first, new ServiceFiles(name, common.Root).Remove(), [], manager, common);
    }

    private static void OpenKillSwitch(string name)
    {
        if (DeadEngine.CleanUp(name, ConsoleLog.ForStandardError(name, LogLevel.Warning)) is null)
            throw new CommandException(ExitCode.Error, $"An engine of {name} has just started; its kill switch is closed.");
    }

    private static ExitCode Carry(string name, IReadOnlyList<ServiceStep> first, IReadOnlyList<ServiceStep> files, IReadOnlyList<ServiceStep> last, SystemManager? manager, Common common)
    {
        if (!common.DryRun)
        {
            try
            {
                Do(first);
                Do(files);
                if (files.Count > 0)
                    manager?.Reload();
                Do(last);
            }
            catch (HostNetworkException failure)
            {
                throw new CommandException(ExitCode.Error, failure.Message, failure);
            }
        }

        IReadOnlyList<TunnelDifference> changes = [.. first.Concat(files).Concat(last).Select(step => step.Change)];
        if (common.Json)
            Console.Out.WriteLine(JsonSerializer.Serialize(changes, CliJsonContext.Readable.IReadOnlyListTunnelDifference));
        else
            ChangeReport.Write(Console.Out, name, changes, common.DryRun);
        return ExitCode.Ok;
    }

    private static void Do(IReadOnlyList<ServiceStep> steps)
    {
        foreach (var step in steps)
            step.Do();
    }

    // Run as `dotnet wireguard-engine.dll`, the executable is dotnet and the assembly its first argument.
    private static string[] EngineCommand() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, Path.GetFullPath(Environment.GetCommandLineArgs()[0])]
        : [Environment.ProcessPath!];

    private sealed record Common(bool DryRun, bool Json, string Root)
    {
        /// <summary>Null: what is written is for another machine.</summary>
        public SystemManager? Manager => Root == "/" ? SystemManager.Current : null;
    }

    private sealed class CommonOptions
    {
        private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Change nothing; tell what would be changed." };
        private readonly Option<bool> _json = new("--json") { Description = "Print the changes as JSON." };
        private readonly Option<string> _root = new("--root") { Description = "Write into the image of a machine that is below this folder.", HelpName = "FOLDER", DefaultValueFactory = _ => "/" };

        public void AddTo(Command command)
        {
            command.Options.Add(_dryRun);
            command.Options.Add(_json);
            command.Options.Add(_root);
        }

        public Common Of(ParseResult parsed) => new(parsed.GetValue(_dryRun), parsed.GetValue(_json), Path.GetFullPath(parsed.GetValue(_root)!));
    }
}
