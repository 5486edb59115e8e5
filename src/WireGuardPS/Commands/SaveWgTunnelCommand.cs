using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Save-WgTunnel: writes what running tunnels are now to their own files, and emits what that changes there.</summary>
[Cmdlet(VerbsData.Save, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class SaveWgTunnelCommand : SyncCommand
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
                Change(target.Name, $"Write tunnel '{target.Name}' to its file", SaveAsync);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    private static async Task<IReadOnlyList<TunnelDifference>> SaveAsync(EngineClient client, bool dryRun, CancellationToken cancellation) =>
        (await client.SaveAsync(new SaveQuery { DryRun = dryRun }, cancellation).ConfigureAwait(false)).Changes;
}
