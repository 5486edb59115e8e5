using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Remove-WgReservation: takes reservations back. Who has such an address keeps it for as long as it is in.</summary>
[Cmdlet(VerbsCommon.Remove, "WgReservation", SupportsShouldProcess = true)]
[OutputType(typeof(WgReservation))]
public sealed class RemoveWgReservationCommand : EnrollmentChangeCommand
{
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(ReservedNameCompleter))]
    public string? PeerName { get; set; }

    /// <summary>The name says nothing then.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? PublicKey { get; set; }

    /// <summary>These alone, whosever they are.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Address { get; set; }

    /// <summary>Emit each reservation as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Tunnel))
        {
            try
            {
                foreach (var (choice, what) in Choices())
                    Remove(target, choice, what);
            }
            catch (WgException e)
            {
                WriteError(e, target.Name);
            }
        }
    }

    private void Remove(Target target, EnrollmentReservationChoice choice, string what)
    {
        if (!ShouldProcess($"tunnel '{target.Name}'", $"Take back the reservation {what}"))
            return;
        Carry(target, what, () =>
        {
            var before = Ask(target.Name, $"Asking tunnel '{target.Name}'", (client, cancellation) => client.UnreserveAsync(choice, cancellation));
            if (PassThru)
                WriteObject(before.ToModel(target.Name));
        });
    }

    private IEnumerable<(EnrollmentReservationChoice Choice, string What)> Choices()
    {
        if (Address is not null)
            return PeerArguments.ParseAddresses(Address).Select(address => (new EnrollmentReservationChoice { Address = address }, $"of {address}"));
        if (!string.IsNullOrEmpty(PublicKey))
            return [(new EnrollmentReservationChoice { PublicKey = PeerArguments.ParsePublicKey(PublicKey) }, $"for {PublicKey.Trim()}")];
        return string.IsNullOrEmpty(PeerName)
            ? throw new WgException(ErrorIds.InvalidValue, "Which reservation? -PeerName, -PublicKey or -Address says it.")
            : [(new EnrollmentReservationChoice { PeerName = PeerName }, $"for '{PeerName}'")];
    }
}
