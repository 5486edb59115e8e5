using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that lists something of what enrollment servers keep.</summary>
public abstract class EnrollmentListCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[]? Tunnel { get; set; }

    protected sealed override void ProcessRecord() => AskEach(
        Tunnel, "Asking tunnels", (client, cancellation) => client.GetEnrollmentAsync(cancellation), Write);

    private protected abstract void Write(string tunnel, EnrollmentStatus status);
}
