using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Sync-WgConfig: brings running tunnels to what their own files say now, and emits what that changes.</summary>
[Cmdlet(VerbsData.Sync, "WgConfig", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class SyncWgConfigCommand : SyncCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                var running = Ask(target.Name, $"Looking at tunnel '{target.Name}'", (client, cancellation) => client.GetTunnelAsync(includeSecrets: false, cancellation));
                using var config = ConfigCheck.Load(running.ConfigPath ?? ConfigCheck.PathOf(target.Name), out var warnings);
                foreach (var warning in warnings)
                    WriteWarning(ConfigCheck.WithoutSeverity(warning));
                Sync(target.Name, $"Bring tunnel '{target.Name}' to what '{config.Path}' says", SyncRequests.From(config, SyncModes.Sync, dryRun: false));
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }
}
