using System.Management.Automation;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Deny-WgEnrollment: turns away clients that have the code and wait.</summary>
[Cmdlet(VerbsLifecycle.Deny, "WgEnrollment", SupportsShouldProcess = true)]
[OutputType(typeof(WgWaitingPeer))]
public sealed class DenyWgEnrollmentCommand : EnrollmentDecisionCommand
{
    protected override void ProcessRecord() => Decide(
        "Turn away", (client, who, cancellation) => client.DenyEnrollmentAsync(who, cancellation), (client, tunnel) => client.ToModel(tunnel));
}
