using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Revoke-WgPeer: takes peers that have joined out for good; their sessions end and their addresses are free.</summary>
[Cmdlet(VerbsSecurity.Revoke, "WgPeer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(WgEnrolledPeer))]
public sealed class RevokeWgPeerCommand : PeerChangeCommand
{
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[] Tunnel { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string[] PublicKey { get; set; } = [];

    /// <summary>Emit each peer as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Without a question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Tunnel))
        {
            foreach (var peer in PublicKey)
            {
                try
                {
                    Revoke(target.Name, peer);
                }
                catch (WgException e) when (e.ErrorId is ErrorIds.TunnelNotFound or ErrorIds.NotServed)
                {
                    Report(e, target);
                }
                catch (WgException e)
                {
                    WriteError(e, peer);
                }
            }
        }
    }

    private void Revoke(string tunnel, string peer)
    {
        var key = KeyOf(tunnel, peer);
        if (!this.Consents($"peer {(key == peer.Trim() ? key : $"'{peer}' ({key})")} of tunnel '{tunnel}'", "Revoke peer", Force))
            return;
        var revoked = Ask(tunnel, "Revoking a peer", (client, cancellation) => client.RevokePeerAsync(key, cancellation));
        if (PassThru)
            WriteObject(revoked.ToModel(tunnel));
        if (!_warned.Add(tunnel) || Ask(tunnel, "Asking the tunnel", (client, cancellation) => client.GetEnrollmentAsync(cancellation)).Window is null)
            return;
        WriteWarning($"A window of tunnel '{tunnel}' is open: whoever knows its code can still join, a revoked peer too. Close-WgEnrollment {tunnel} closes it.");
    }
}
