using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Revoke-WgInvite: ends invitations. Who has come by them stays.</summary>
[Cmdlet(VerbsSecurity.Revoke, "WgInvite", SupportsShouldProcess = true)]
[OutputType(typeof(WgInvite))]
public sealed class RevokeWgInviteCommand : EnrollmentChangeCommand
{
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
                if (ShouldProcess($"invitation '{id}' of tunnel '{target.Name}'", "Revoke invitation"))
                    Carry(target, id, () => Revoke(target.Name, id));
            }
        }
    }

    private void Revoke(string tunnel, string id)
    {
        var invite = Ask(tunnel, "Revoking an invitation", (client, cancellation) => client.RevokeInviteAsync(id, cancellation));
        if (PassThru)
            WriteObject(invite.ToModel(tunnel));
    }
}
