using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Get-WgTunnel: running tunnels, all or by name.</summary>
[Cmdlet(VerbsCommon.Get, "WgTunnel")]
[OutputType(typeof(WgTunnel))]
public sealed class GetWgTunnelCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Fill in PrivateKey and the peers' PresharedKey.</summary>
    [Parameter]
    public SwitchParameter IncludeSecret { get; set; }

    protected override void ProcessRecord() => AskEach(
        Name,
        "Asking tunnels",
        (client, cancellation) => client.GetTunnelAsync(IncludeSecret, cancellation),
        (_, tunnel) => WriteObject(tunnel.ToTunnel(DateTimeOffset.UtcNow)));
}
