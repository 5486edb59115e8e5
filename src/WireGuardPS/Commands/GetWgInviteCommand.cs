using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Get-WgInvite: invitations that have not expired, without their links.</summary>
[Cmdlet(VerbsCommon.Get, "WgInvite")]
[OutputType(typeof(WgInvite))]
public sealed class GetWgInviteCommand : EnrollmentListCommand
{
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InviteIdCompleter))]
    public string[]? Id { get; set; }

    private protected override void Write(string tunnel, EnrollmentStatus status)
    {
        foreach (var invite in status.Invites.Where(i => Id is null || Id.Contains(i.Id, StringComparer.OrdinalIgnoreCase)))
            WriteObject(invite.ToModel(tunnel));
        // Whoever looks for an invitation in all tunnels does not expect it in each.
        if (Tunnel?.Contains(tunnel, StringComparer.Ordinal) != true)
            return;
        foreach (var missing in Id?.Where(id => !status.Invites.Any(i => i.Id.Equals(id, StringComparison.OrdinalIgnoreCase))) ?? [])
            WriteError(new WgException(ErrorIds.EnrollmentNotFound, $"Tunnel '{tunnel}' has no invitation '{missing}'."), missing);
    }
}
