using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Add-WgReservation: keeps addresses of a tunnel that others join for a peer, by its name or its key.</summary>
[Cmdlet(VerbsCommon.Add, "WgReservation", SupportsShouldProcess = true)]
[OutputType(typeof(WgReservation))]
public sealed class AddWgReservationCommand : EngineCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string Tunnel { get; set; } = "";

    /// <summary>For whoever comes first by this name.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    public string? PeerName { get; set; }

    /// <summary>For this key alone; the name says nothing then.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string? PublicKey { get; set; }

    /// <summary>One of each network at most; none: what it has, else the next that are free.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Addresses")]
    [AllowNull]
    [AllowEmptyCollection]
    public string[]? Address { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        var who = string.IsNullOrEmpty(PublicKey) ? PeerName : PublicKey;
        try
        {
            if (!TunnelName.IsValid(Tunnel))
                throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(Tunnel)} cannot be the name of a tunnel.");
            var request = new EnrollmentReservationRequest
            {
                PublicKey = string.IsNullOrEmpty(PublicKey) ? null : PeerArguments.ParseNewPublicKey(PublicKey),
                PeerName = !string.IsNullOrEmpty(PublicKey) ? null
                    : string.IsNullOrEmpty(PeerName) ? throw new WgException(ErrorIds.InvalidValue, "An address is reserved for a name or a key: -PeerName, or -PublicKey.") : PeerName,
                Addresses = PeerArguments.ParseAddresses(Address ?? []),
            };
            var what = request.Addresses.Count > 0 ? string.Join(", ", request.Addresses) : "an address";
            if (!ShouldProcess($"tunnel '{Tunnel}'", $"Reserve {what} for {(request.PublicKey is null ? $"'{who}'" : who)}"))
                return;
            var reserved = Ask(Tunnel, $"Asking tunnel '{Tunnel}'", (client, cancellation) => client.ReserveAsync(request, cancellation));
            if (PassThru)
                WriteObject(reserved.ToModel(Tunnel));
        }
        catch (WgException e)
        {
            WriteError(e, e.ErrorId is ErrorIds.TunnelNotFound or ErrorIds.NotServed or ErrorIds.InvalidTunnelName ? Tunnel : who);
        }
    }
}
