using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Conversion;

namespace WireGuard.Commands;

/// <summary>ConvertTo-WgDump: tunnels as `wg show NAME dump` writes them, line by line.</summary>
[Cmdlet(VerbsData.ConvertTo, "WgDump")]
[OutputType(typeof(string))]
public sealed class ConvertToWgDumpCommand : CancellableCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Rehydration]
    [ValidateNotNull]
    public WgTunnel? InputObject { get; set; }

    /// <summary>Each line begins with the tunnel's name, as `wg show all dump` has it.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    protected override void ProcessRecord() => WriteObject(DumpText.Lines(InputObject!, All), enumerateCollection: true);
}
