using System.CommandLine;
using System.Text.Json.Serialization.Metadata;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>`dsc RESOURCE OPERATION`: what DSC v3 runs. Nothing but JSON lines on either stream.</summary>
internal static class DscVerb
{
    public static Command Create()
    {
        var command = new Command("dsc", "The resources WireGuard/Tunnel and WireGuard/Peer of DSC v3.") { Hidden = true };
        command.Subcommands.Add(CreateResource("tunnel", "WireGuard/Tunnel: tunnels that run.", new TunnelResource(), DscJsonContext.Readable.DscTunnel));
        command.Subcommands.Add(CreateResource("peer", "WireGuard/Peer: peers of running tunnels.", new PeerResource(), DscJsonContext.Readable.DscPeer));
        return command;
    }

    private static Command CreateResource<T>(string name, string description, IDscResource<T> resource, JsonTypeInfo<T> type)
        where T : class, IDisposable
    {
        var operations = new DscOperations<T>(resource, type);
        var command = new Command(name, description);
        Add("get", "Write the state.", operations.Get);
        Add("test", "Write the state, and which properties are not as desired.", operations.Test);
        Add("delete", "Have it not be.", operations.Delete);
        Add("export", "Write the state of each.", operations.Export);
        var whatIf = new Option<bool>("--what-if") { Description = "Change nothing; write what would come of it." };
        var set = new Command("set", "Bring it to the desired state; write that, and which properties have changed.") { whatIf };
        set.SetAction(parsed => (int)Run(() => operations.Set(parsed.GetValue(whatIf))));
        command.Subcommands.Add(set);
        return command;

        void Add(string operation, string what, Action action)
        {
            var subcommand = new Command(operation, what);
            subcommand.SetAction(_ => (int)Run(action));
            command.Subcommands.Add(subcommand);
        }
    }

    private static ExitCode Run(Action action)
    {
        try
        {
            action();
            return ExitCode.Ok;
        }
        catch (Exception failure)
        {
            var (code, message) = EngineCommandLine.Describe(failure);
            DscMessages.Error(message);
            return code;
        }
    }
}
