using System.CommandLine;
using System.Text.Json;
using WireGuard.Api;

namespace WireGuard.Engine.Cli.Verbs;

/// <summary>`show [NAME] [--json]`.</summary>
internal static class ShowVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "A running tunnel; all of them when left out.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "An object for one tunnel, an array for all." };
        var command = new Command("show", "Show running tunnels; keys are hidden.") { name, json };
        command.SetAction(parsed => (int)Show(parsed.GetValue(name), parsed.GetValue(json)));
        return command;
    }

    private static ExitCode Show(string? name, bool json)
    {
        var tunnels = name is null ? ReadAll() : [Read(ControlConnection.Open(name))];
        if (json)
        {
            Console.Out.WriteLine(name is null
                ? JsonSerializer.Serialize(tunnels, CliJsonContext.Readable.ListTunnelInfo)
                : JsonSerializer.Serialize(tunnels[0], CliJsonContext.Readable.TunnelInfo));
            return ExitCode.Ok;
        }

        var now = DateTimeOffset.UtcNow;
        for (var i = 0; i < tunnels.Count; i++)
        {
            if (i > 0)
                Console.Out.WriteLine();
            TunnelReport.Write(Console.Out, tunnels[i], now);
        }

        return ExitCode.Ok;
    }

    // A socket that a killed engine left, an engine that ends just now or one that hangs is no reason not to show the others.
    private static List<TunnelInfo> ReadAll()
    {
        var tunnels = new List<TunnelInfo>();
        CommandException? denied = null;
        foreach (var name in ControlConnection.SocketNames())
        {
            try
            {
                if (ControlConnection.TryOpen(name) is { } connection)
                    tunnels.Add(Read(connection));
            }
            catch (CommandException failure) when (failure.Code == ExitCode.NoPermission)
            {
                // A member of a control group sees the tunnels of that group.
                denied = failure;
            }
            catch (CommandException failure) when (failure.Code is ExitCode.Timeout or ExitCode.Error)
            {
                Console.Error.WriteLine($"{name}: {failure.Message}");
            }
        }

        return tunnels.Count == 0 && denied is not null ? throw denied : tunnels;
    }

    private static TunnelInfo Read(ControlConnection connection)
    {
        using (connection)
            return connection.GetTunnel();
    }
}
