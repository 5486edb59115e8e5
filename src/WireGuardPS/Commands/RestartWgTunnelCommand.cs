using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Restart-WgTunnel: takes tunnels down and starts them again, with the same files and options.</summary>
[Cmdlet(VerbsLifecycle.Restart, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgTunnel))]
public sealed class RestartWgTunnelCommand : TunnelCommand
{
    private const string AllowHooks = "--allow-hooks";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How long each tunnel may take to end, and again to be ready.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                Restart(target.Name);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    // Everything that can be wrong is looked at while the tunnel still runs.
    private void Restart(string name)
    {
        var running = Ask(name, $"Looking at tunnel '{name}'", GetAsync);
        if (running is not { ConfigPath: { } path, StartOptions: { } options })
            throw new WgException(ErrorIds.NotRestartable, $"The engine of tunnel '{name}' was not started by Start-WgTunnel or `wireguard-engine up`.");
        if (EngineNamespace.IsAnothers(running.ProcessId))
            throw new WgException(ErrorIds.NotRestartable, $"The engine of tunnel '{name}' runs in another network namespace than this shell, which would start it here.");
        foreach (var warning in ConfigCheck.Validate(path, options.Contains(AllowHooks)))
            WriteWarning(ConfigCheck.WithoutSeverity(warning));
        var engine = FindEngine();
        if (!ShouldProcess(name, $"Restart tunnel from '{path}'"))
            return;
        Await($"Stopping tunnel '{name}'", cancellation => StopAsync(name, cancellation));
        Forget(name);
        Start(name, engine, path, options);
        if (PassThru)
            WriteObject(Ask(name, "Asking the tunnel", GetAsync).ToTunnel(DateTimeOffset.UtcNow));
    }

    private void Start(string name, string engine, string path, IReadOnlyList<string> options)
    {
        try
        {
            var report = Await($"Starting tunnel '{name}'", cancellation => EngineLauncher.StartAsync(engine, path, Timeout, options, cancellation));
            WriteVerbose($"The engine of tunnel '{name}' runs as process {report.ProcessId}.");
        }
        catch (WgException e)
        {
            throw new WgException(e.ErrorId, $"Tunnel '{name}' was stopped and is down: {e.Message}", e);
        }
    }

    private async Task<TunnelInfo> StopAsync(string name, CancellationToken cancellation)
    {
        using var client = await Tunnels.ConnectAsync(name, EngineTimeouts.Default, cancellation).ConfigureAwait(false);
        return await TunnelStopper.StopAsync(client, Tunnels.SocketPath(name), Timeout, cancellation).ConfigureAwait(false);
    }

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);
}
