using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Close-WgEnrollment: nobody joins by a code any more, of any tunnel unless some are named. No window is no error.</summary>
[Cmdlet(VerbsCommon.Close, "WgEnrollment", SupportsShouldProcess = true)]
[OutputType(typeof(WgEnrollment))]
public sealed class CloseWgEnrollmentCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Emit the enrollment server as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            if (!ShouldProcess($"tunnel '{target.Name}'", "Take no code any more"))
                continue;
            try
            {
                var closed = Ask(target.Name, $"Closing tunnel '{target.Name}'", (client, cancellation) => client.CloseEnrollmentAsync(cancellation));
                if (!closed.WasOpen)
                    WriteVerbose($"Tunnel '{target.Name}' had no window open.");
                if (PassThru)
                    WriteObject(Ask(target.Name, "Asking the tunnel", (client, cancellation) => client.GetEnrollmentAsync(cancellation)).ToModel(target.Name));
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }
}
