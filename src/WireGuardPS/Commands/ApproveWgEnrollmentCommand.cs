using System.Management.Automation;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Approve-WgEnrollment: lets in clients that have the code and wait.</summary>
[Cmdlet(VerbsLifecycle.Approve, "WgEnrollment", SupportsShouldProcess = true)]
[OutputType(typeof(WgEnrolledPeer))]
public sealed class ApproveWgEnrollmentCommand : EnrollmentDecisionCommand
{
    protected override void ProcessRecord() => Decide(
        "Let in", (client, who, cancellation) => client.ApproveEnrollmentAsync(who, cancellation), (peer, tunnel) => peer.ToModel(tunnel));
}
