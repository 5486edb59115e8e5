using System.Globalization;
using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Start-WgTunnel: checks a configuration file, starts a detached engine for it and waits until it is ready. With
/// -WhatIf only the check happens.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "WgTunnel", DefaultParameterSetName = ByConfig, SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class StartWgTunnelCommand : EngineCommand
{
    private const string ByConfig = "Config";
    private const string ByName = "Name";

    /// <summary>
    /// Configuration files, whose names without .conf are the tunnels'; or names, as `wireguard-engine up` takes them.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByConfig, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Path", "PSPath", "LiteralPath", "ConfigPath")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Config { get; set; } = [];

    /// <summary>Names of files in /etc/wireguard, without .conf.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByName)]
    [Alias("InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConfigNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How long each engine may take until it is ready.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Run the file's PreUp, PostUp, PreDown and PostDown commands, if root alone can write the file.</summary>
    [Parameter]
    public SwitchParameter AllowHook { get; set; }

    /// <summary>A group, by name or number, whose members may look at the tunnel without being root; keys stay hidden from them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
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

    /// <summary>Threads that carry packets, each with a queue of the interface and sockets of its own; at most as many as there are processors.</summary>
    [Parameter]
    [Alias("Queues")]
    [ValidateRange(1, 256)]
    public int QueueCount { get; set; } = 1;

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByName)
        {
            foreach (var name in Name)
                Start(name, TunnelName.IsValid(name) ? () => ConfigCheck.PathOf(name) : () => throw NoName(name));
            return;
        }

        foreach (var given in Config)
        {
            if (ConfigCheck.IsName(given))
                Start(given, () => ConfigCheck.PathOf(given));
            else
                StartFiles(given);
        }
    }

    private static WgException NoName(string name) => new(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(name)} cannot be the name of a tunnel.");

    private void StartFiles(string given)
    {
        try
        {
            foreach (var file in this.ToFilePathsOrPath(given))
                Start(file, () => file);
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

    private void Start(string given, Func<string> findFile)
    {
        try
        {
            var path = findFile();
            var name = ConfigCheck.TunnelOf(path);
            var doubts = ConfigCheck.Validate(path, AllowHook);
            foreach (var warning in doubts)
                WriteWarning(ConfigCheck.WithoutSeverity(warning));
            if (ControlGroupWrite && ControlGroup is null)
                throw new WgException(ErrorIds.InvalidValue, "-ControlGroupWrite says nothing without -ControlGroup.");
            var options = EngineOptions().ToList();
            if (!ShouldProcess(name, $"Start tunnel from '{path}'"))
                return;
            var engine = FindEngine();
            WriteVerbose($"Starting '{engine}' for '{path}'.");
            var report = Await($"Starting tunnel '{name}'", cancellation => EngineLauncher.StartAsync(engine, path, Timeout, options, cancellation));
            // The engine sees what the module does not: who could have written the file.
            foreach (var warning in report.Warnings?.Except(doubts.Select(d => d.ToString())) ?? [])
                WriteWarning(warning);
            WriteVerbose($"The engine of tunnel '{name}' runs as process {report.ProcessId}.");
            if (PassThru)
                WriteObject(Ask(name, "Asking the tunnel", GetAsync).ToTunnel(DateTimeOffset.UtcNow));
        }
        catch (WgException e)
        {
            WriteError(e, given);
        }
    }

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
        if (QueueCount == 1)
            yield break;
        yield return "--queues";
        yield return QueueCount.ToString(CultureInfo.InvariantCulture);
    }

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);
}
