using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Revoke-WgInvite: ends invitations. Who has come by them stays.</summary>
[Cmdlet(VerbsSecurity.Revoke, "WgInvite", SupportsShouldProcess = true)]
[OutputType(typeof(WgInvite))]
public sealed class RevokeWgInviteCommand : TunnelCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[] Tunnel { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InviteIdCompleter))]
    public string[] Id { get; set; } = [];

    /// <summary>Emit each invitation as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Tunnel))
        {
            foreach (var id in Id)
            {
                if (!ShouldProcess($"invitation '{id}' of tunnel '{target.Name}'", "Revoke invitation"))
                    continue;
                try
                {
                    var invite = Ask(target.Name, "Revoking an invitation", (client, cancellation) => client.RevokeInviteAsync(id, cancellation));
                    if (PassThru)
                        WriteObject(invite.ToModel(target.Name));
                }
                catch (WgException e) when (e.ErrorId is ErrorIds.EnrollmentNotFound or ErrorIds.EnrollmentRefused or ErrorIds.InvalidValue)
                {
                    WriteError(e, id);
                }
                catch (WgException e)
                {
                    Report(e, target);
                }
            }
        }
    }
}
