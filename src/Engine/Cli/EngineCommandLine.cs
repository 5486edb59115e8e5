using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using WireGuard.Configuration;
using WireGuard.Engine.Cli.Dsc;
using WireGuard.Engine.Cli.Verbs;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli;

/// <summary>The command line: verbs, or an interface name alone (the form in which wg-quick starts an implementation).</summary>
public static class EngineCommandLine
{
    private const string ProgramName = "wireguard-engine";

    public static string Version { get; } =
        typeof(EngineCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Runs one command. Failures are messages on standard error, never stack traces.</summary>
    public static ExitCode Run(string[] arguments)
    {
        try
        {
            if (arguments is ["--version"])
            {
                Console.Out.WriteLine($"{ProgramName} {Version}");
                return ExitCode.Ok;
            }

            // What only the engine itself writes needs no parser; making one takes ten milliseconds.
            if (RunVerb.TryRunDetached(arguments) is { } code)
                return code;

            var root = CreateRoot();
            if (arguments is ["help", .. var about])
                return Invoke(root, [.. about, "--help"]);
            if (!IsDropIn(root, arguments, out var name, out var foreground))
                return Invoke(root, arguments);
            foreground |= Environment.GetEnvironmentVariable(RunVerb.ForegroundVariable) == "1";
            if (!foreground && MistypedVerb.Find(name, root.Subcommands.Select(c => c.Name)) is { } verb)
                throw new CommandException(ExitCode.Usage, $"There is no verb `{name}`; did you mean `{verb}`? `{ProgramName} -f {name}` runs an interface of that name.");
            return RunVerb.RunDropIn(name, foreground);
        }
        catch (Exception failure)
        {
            return Report(failure);
        }
    }

    /// <summary>[-f|--foreground] IFNAME, where IFNAME is no verb.</summary>
    internal static bool IsDropIn(Command root, string[] arguments, out string name, out bool foreground)
    {
        var words = arguments.Where(a => a is not ("-f" or "--foreground")).ToArray();
        foreground = words.Length < arguments.Length;
        name = words.Length == 1 ? words[0] : "";
        var word = name;
        return TunnelName.IsValid(word) && !word.StartsWith('-') && !root.Subcommands.Any(c => c.Name == word);
    }

    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand($"""
            A WireGuard tunnel in user space. `{ProgramName} [-f] IFNAME` runs a bare interface for wg-quick and wg;
            the verbs below do everything else.
            """);
        // Its own version option would print the commit too.
        if (root.Options.FirstOrDefault(o => o is VersionOption) is { } builtIn)
            root.Options.Remove(builtIn);
        root.Options.Add(new Option<bool>("--version") { Description = "Show the version." });
        root.Subcommands.Add(RunVerb.Create());
        root.Subcommands.Add(UpVerb.Create());
        root.Subcommands.Add(JoinVerb.Create());
        root.Subcommands.Add(ServeVerb.Create());
        root.Subcommands.Add(OpenVerb.Create());
        root.Subcommands.Add(EnrollmentVerbs.CreateClose());
        root.Subcommands.Add(EnrollmentVerbs.CreateStatus());
        root.Subcommands.Add(EnrollmentVerbs.CreateApprove());
        root.Subcommands.Add(EnrollmentVerbs.CreateDeny());
        root.Subcommands.Add(InviteVerb.Create());
        root.Subcommands.Add(RevokeVerb.Create());
        root.Subcommands.Add(ReserveVerbs.CreateReserve());
        root.Subcommands.Add(ReserveVerbs.CreateUnreserve());
        root.Subcommands.Add(DownVerb.Create());
        root.Subcommands.Add(SyncVerb.Create());
        root.Subcommands.Add(SaveVerb.Create());
        root.Subcommands.Add(ShowVerb.Create());
        root.Subcommands.Add(ServiceVerb.Create());
        root.Subcommands.Add(CheckVerb.Create());
        root.Subcommands.Add(KeyVerbs.CreateGenKey());
        root.Subcommands.Add(KeyVerbs.CreateGenPsk());
        root.Subcommands.Add(KeyVerbs.CreatePubKey());
        root.Subcommands.Add(DemoVerb.Create());
        root.Subcommands.Add(DscVerb.Create());
        return root;
    }

    private static ExitCode Invoke(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments);
        // What no option is called is taken for an argument; none of ours begins so, unless it is said to be one.
        var said = arguments.SkipWhile(word => word != "--").ToArray();
        var unknown = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value).Where(v => v.StartsWith('-') && v != "-" && !said.Contains(v));
        string[] errors = [.. unknown.Select(v => $"There is no option `{v}`."), .. parsed.Errors.Select(e => e.Message)];
        if (parsed.Action is not HelpAction && (errors.Length > 0 || parsed.CommandResult.Command == root))
        {
            foreach (var error in errors)
                Console.Error.WriteLine($"{ProgramName}: {error}");
            Console.Error.WriteLine($"Try `{ProgramName} --help`.");
            return ExitCode.Usage;
        }

        // Verbs handle signals and failures themselves.
        return (ExitCode)parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>A failure as an exit code and a message for people.</summary>
    internal static (ExitCode Code, string Message) Describe(Exception failure) => failure switch
    {
        CommandException command => (command.Code, command.Message),
        StartException start => (CommandException.CodeOf(start.Id), start.Message),
        UnauthorizedAccessException denied => (ExitCode.NoPermission, $"{denied.Message} Are you root?"),
        Crypto.CryptoUnavailableException crypto => (ExitCode.NotAvailable, crypto.Message),
        IOException io => (ExitCode.Error, io.Message),
        _ => (ExitCode.Error, $"{failure.GetType().Name}: {failure.Message}"),
    };

    private static ExitCode Report(Exception failure)
    {
        var (code, message) = Describe(failure);
        try
        {
            foreach (var line in message.Split('\n'))
                Console.Error.WriteLine($"{ProgramName}: {line.TrimEnd()}");
            if (LogLevels.Parse(Environment.GetEnvironmentVariable(LogLevels.Variable), LogLevel.Information) == LogLevel.Verbose)
                Console.Error.WriteLine(failure);
        }
        catch (IOException)
        {
            // Its terminal is gone; the exit code is all that is left to tell.
        }

        return code;
    }
}
