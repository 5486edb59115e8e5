using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>Get-WgReservation: addresses that are kept for peers.</summary>
[Cmdlet(VerbsCommon.Get, "WgReservation")]
[OutputType(typeof(WgReservation))]
public sealed class GetWgReservationCommand : TunnelCommand
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string[]? Tunnel { get; set; }

    /// <summary>Of these names only.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReservedNameCompleter))]
    public string[]? PeerName { get; set; }

    protected override void ProcessRecord() => AskEach(
        Tunnel, "Asking tunnels", (client, cancellation) => client.GetEnrollmentAsync(cancellation), WriteReservations);

    private void WriteReservations(string tunnel, EnrollmentStatus status)
    {
        var patterns = PeerName?.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToList();
        foreach (var reservation in status.Reservations.Where(r => patterns is null || (r.PeerName is { } name && patterns.Exists(pattern => pattern.IsMatch(name)))))
            WriteObject(reservation.ToModel(tunnel));
    }
}
