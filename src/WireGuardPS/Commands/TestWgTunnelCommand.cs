using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Diagnosis;

namespace WireGuard.Commands;

/// <summary>Test-WgTunnel: whether tunnels work; with -Detailed what is wrong with them and what to do.</summary>
[Cmdlet(VerbsDiagnostic.Test, "WgTunnel")]
[OutputType(typeof(bool))]
[OutputType(typeof(WgFinding))]
public sealed class TestWgTunnelCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Emit what was found instead of a bool.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            var findings = Await($"Testing tunnel '{target.Name}'", cancellation => TunnelExamination.ExamineAsync(Tunnels, target.Name, cancellation));
            // A wildcard finds what a killed engine has left too, which nobody asked about.
            if (target.FromWildcard && findings.Any(finding => finding.Id == FindingIds.NotRunning))
                continue;
            if (Detailed)
            {
                WriteObject(findings, enumerateCollection: true);
                continue;
            }

            foreach (var finding in findings)
                WriteVerbose(finding.ToString());
            WriteObject(findings.All(finding => finding.Severity != FindingIds.Error));
        }
    }
}
