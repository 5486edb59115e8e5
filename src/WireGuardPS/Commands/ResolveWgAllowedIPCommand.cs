using System.Management.Automation;
using System.Net;
using WireGuard.Binding;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Resolve-WgAllowedIP: the fewest prefixes that hold some addresses and leave out others.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "WgAllowedIP")]
[OutputType(typeof(string))]
public sealed class ResolveWgAllowedIPCommand : CancellableCommand
{
    private readonly List<IPNetwork> _included = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("AllowedIPs")]
    [AllowEmptyCollection]
    public string[] AllowedIP { get; set; } = [];

    [Parameter(Position = 1)]
    [AllowEmptyCollection]
    public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        try
        {
            _included.AddRange(PeerArguments.ParseAllowedIPs(AllowedIP).Select(IPNetwork.Parse));
        }
        catch (WgException e)
        {
            WriteError(e, string.Join(", ", AllowedIP));
        }
    }

    protected override void EndProcessing()
    {
        try
        {
            var excluded = PeerArguments.ParseAllowedIPs(Exclude).Select(IPNetwork.Parse);
            WriteObject(PrefixSet.Subtract(_included, excluded).Select(prefix => prefix.ToString()), enumerateCollection: true);
        }
        catch (WgException e)
        {
            // Without what is to be left out, the answer would let it through.
            ThrowError(e, string.Join(", ", Exclude));
        }
    }
}
