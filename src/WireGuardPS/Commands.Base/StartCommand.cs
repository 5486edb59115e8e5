using System.Globalization;
using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that takes configuration files, and what their tunnels are to be started with beyond them.</summary>
public abstract class StartCommand : EngineCommand
{
    private protected const string ByConfig = "Config";
    private protected const string ByName = "Name";

    /// <summary>
    /// Configuration files, whose names without .conf are the tunnels'; or names, as `wireguard-engine up` takes them.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByConfig, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Path", "PSPath", "LiteralPath", "ConfigPath")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ConfigCompleter))]
    public string[] Config { get; set; } = [];

    /// <summary>Names of files in /etc/wireguard, without .conf.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByName)]
    [Alias("InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConfigNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Run the file's PreUp, PostUp, PreDown and PostDown commands, if root alone can write the file.</summary>
    [Parameter]
    public SwitchParameter AllowHook { get; set; }

    /// <summary>A group, by name or number, whose members may look at the tunnel without being root; keys stay hidden from them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? ControlGroup { get; set; }

    /// <summary>The group's members may change and stop the tunnel too.</summary>
    [Parameter]
    public SwitchParameter ControlGroupWrite { get; set; }

    /// <summary>Prefixes that are reached around the tunnel, whatever the peers' allowed IPs say.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeRoute { get; set; } = [];

    /// <summary>Nothing leaves the host but through the tunnel, until it is stopped.</summary>
    [Parameter]
    public SwitchParameter KillSwitch { get; set; }

    /// <summary>Packets are passed on between the tunnel and the networks behind the host, until it is stopped.</summary>
    [Parameter]
    public SwitchParameter Forward { get; set; }

    /// <summary>As <see cref="Forward"/>, and what comes in by the tunnel leaves by other interfaces under the host's own address.</summary>
    [Parameter]
    public SwitchParameter Masquerade { get; set; }

    /// <summary>Threads that carry packets, each with a queue of the interface and sockets of its own; as many as there are processors unless given, and no more.</summary>
    [Parameter]
    [Alias("Queues")]
    [ValidateRange(1, 256)]
    public int? QueueCount { get; set; }

    protected sealed override void ProcessRecord()
    {
        if (ParameterSetName == ByName)
        {
            foreach (var name in Name)
                Handle(name, TunnelName.IsValid(name) ? () => ConfigCheck.PathOf(name) : () => throw NoName(name));
            return;
        }

        foreach (var given in Config)
        {
            if (ConfigCheck.IsName(given))
                Handle(given, () => ConfigCheck.PathOf(given));
            else
                HandleFiles(given);
        }
    }

    private static WgException NoName(string name) => new(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(name)} cannot be the name of a tunnel.");

    private void HandleFiles(string given)
    {
        try
        {
            foreach (var file in this.ToFilePathsOrPath(given))
                Handle(file, () => file);
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    private void Handle(string given, Func<string> findFile)
    {
        try
        {
            var path = findFile();
            var name = ConfigCheck.TunnelOf(path);
            if (given == name && !File.Exists(path) && ServedLocation.Exists(name))
            {
                HandleServed(name, path, [.. EngineOptions()]);
                return;
            }

            var doubts = ConfigCheck.Validate(path, AllowHook);
            foreach (var warning in doubts)
                WriteWarning(ConfigCheck.WithoutSeverity(warning));
            if (ControlGroupWrite && ControlGroup is null)
                throw new WgException(ErrorIds.InvalidValue, "-ControlGroupWrite says nothing without -ControlGroup.");
            Handle(name, path, [.. EngineOptions()], doubts);
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    /// <param name="options">Of the engine's `up`, `run` and `service install`.</param>
    /// <param name="doubts">What was warned of already.</param>
    /// <exception cref="WgException">Told of this file alone.</exception>
    private protected abstract void Handle(string name, string path, IReadOnlyList<string> options, IReadOnlyList<ConfigDiagnostic> doubts);

    /// <summary>As <see cref="Handle(string, string, IReadOnlyList{string}, IReadOnlyList{ConfigDiagnostic})"/>, of a tunnel that others join, which has no file.</summary>
    /// <param name="path">Where a file would be.</param>
    /// <exception cref="WgException">Told of this tunnel alone.</exception>
    private protected abstract void HandleServed(string name, string path, IReadOnlyList<string> options);

    private IEnumerable<string> EngineOptions()
    {
        foreach (var prefix in PeerArguments.ParseAllowedIPs(ExcludeRoute))
        {
            yield return "--exclude-route";
            yield return prefix;
        }

        if (ControlGroup is not null)
        {
            yield return "--control-group";
            yield return ControlGroup;
        }

        if (ControlGroupWrite)
            yield return "--control-group-write";
        if (AllowHook)
            yield return "--allow-hooks";
        if (KillSwitch)
            yield return "--kill-switch";
        if (Forward)
            yield return "--forward";
        if (Masquerade)
            yield return "--masquerade";
        if (QueueCount is not { } queues)
            yield break;
        yield return "--queues";
        yield return queues.ToString(CultureInfo.InvariantCulture);
    }
}
