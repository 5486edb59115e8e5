using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Get-WgStatus: the engine processes behind tunnels.</summary>
[Cmdlet(VerbsCommon.Get, "WgStatus")]
[OutputType(typeof(WgStatus))]
public sealed class GetWgStatusCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Name { get; set; }

    protected override void ProcessRecord() => AskEach(
        Name,
        "Asking engines",
        (client, cancellation) => client.GetStatusAsync(cancellation),
        (_, status) => WriteObject(status.ToStatus(DateTimeOffset.UtcNow)));
}
