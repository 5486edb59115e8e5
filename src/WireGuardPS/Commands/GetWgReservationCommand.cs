using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Get-WgReservation: addresses that are kept for peers.</summary>
[Cmdlet(VerbsCommon.Get, "WgReservation")]
[OutputType(typeof(WgReservation))]
public sealed class GetWgReservationCommand : EnrollmentListCommand
{
    /// <summary>Of these names only.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReservedNameCompleter))]
    public string[]? PeerName { get; set; }

    private protected override void Write(string tunnel, EnrollmentStatus status)
    {
        foreach (var reservation in PeerName is null ? status.Reservations : status.Reservations.Where(Wanted(status, PeerName).Contains))
            WriteObject(reservation.ToModel(tunnel));
    }

    private HashSet<EnrollmentReservationInfo> Wanted(EnrollmentStatus status, string[] names)
    {
        var wanted = new HashSet<EnrollmentReservationInfo>();
        foreach (var name in names)
        {
            try
            {
                wanted.UnionWith(NameChoice.Named(status.Reservations, name, reservation => reservation.PeerName));
            }
            catch (WgException e)
            {
                WriteError(e, name);
            }
        }

        return wanted;
    }
}
