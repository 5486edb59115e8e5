using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Remove-WgPeer: takes a peer from a running tunnel; its session ends.</summary>
[Cmdlet(VerbsCommon.Remove, "WgPeer", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange), typeof(WgPeer))]
public sealed class RemoveWgPeerCommand : PeerChangeCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Tunnel { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string[] PublicKey { get; set; } = [];

    /// <summary>Emit the peer as it was instead of what has changed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var peer in PublicKey)
            Change(Tunnel, peer, "Remove peer", PassThru, (client, key, dryRun, cancellation) => client.RemovePeerAsync(new PeerRemoveRequest(key) { DryRun = dryRun }, cancellation));
    }
}
