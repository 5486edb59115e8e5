using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Get-WgEnrollment: enrollment servers with who is in, who waits and who may come.</summary>
[Cmdlet(VerbsCommon.Get, "WgEnrollment")]
[OutputType(typeof(WgEnrollment))]
public sealed class GetWgEnrollmentCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[]? Name { get; set; }

    protected override void ProcessRecord() => AskEach(
        Name,
        "Asking tunnels",
        (client, cancellation) => client.GetEnrollmentAsync(cancellation),
        (tunnel, status) => WriteObject(status.ToModel(tunnel)));
}
