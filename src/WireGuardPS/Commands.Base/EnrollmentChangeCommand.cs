using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that changes something of what enrollment servers keep.</summary>
public abstract class EnrollmentChangeCommand : TunnelCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[] Tunnel { get; set; } = [];

    /// <summary>One change; what the server has against it is told of its subject, and the next goes on.</summary>
    private protected void Carry(Target target, string subject, Action change)
    {
        try
        {
            change();
        }
        catch (WgException e) when (e.ErrorId is ErrorIds.EnrollmentNotFound or ErrorIds.EnrollmentRefused or ErrorIds.InvalidValue)
        {
            WriteError(e, subject);
        }
        catch (WgException e)
        {
            Report(e, target);
        }
    }
}
