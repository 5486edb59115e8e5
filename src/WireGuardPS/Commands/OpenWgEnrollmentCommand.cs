using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Open-WgEnrollment: lets others join a tunnel's network by a code for a while. Waits until that is over and emits who has
/// joined as they come; with -NoWait emits the window at once.
/// </summary>
[Cmdlet(VerbsCommon.Open, "WgEnrollment", DefaultParameterSetName = Waiting, SupportsShouldProcess = true)]
[OutputType(typeof(WgEnrolledPeer), ParameterSetName = [Waiting])]
[OutputType(typeof(WgEnrollmentWindow), ParameterSetName = [AtOnce])]
public sealed class OpenWgEnrollmentCommand : EngineCommand
{
    private const string Waiting = "Wait";
    private const string AtOnce = "NoWait";

    // Ctrl-C waits for the window to be closed, but not for an engine that hangs.
    private static readonly TimeSpan PatienceToClose = TimeSpan.FromSeconds(3);

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string Name { get; set; } = "";

    /// <summary>How long; a minute unless said.</summary>
    [Parameter]
    [Alias("Seconds")]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <summary>It closes when so many have joined.</summary>
    [Parameter]
    [Alias("MaxPeers")]
    [ValidateRange(1, int.MaxValue)]
    public int? MaxPeer { get; set; }

    /// <summary>Each client waits until Approve-WgEnrollment lets it in, or Deny-WgEnrollment turns it away.</summary>
    [Parameter]
    public SwitchParameter Approve { get; set; }

    /// <summary>Digits of the code.</summary>
    [Parameter]
    [ValidateRange(6, 8)]
    public int? CodeLength { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = AtOnce)]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Without a question, whatever $ConfirmPreference says.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            if (!TunnelName.IsValid(Name))
                throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(Name)} cannot be the name of a tunnel.");
            if (!this.Consents($"tunnel '{Name}'", "Let whoever has the code join", Force))
                return;
            var request = new EnrollmentOpenRequest
            {
                Seconds = Duration is { } duration ? (int)Math.Clamp(Math.Ceiling(duration.TotalSeconds), int.MinValue, int.MaxValue) : null,
                MaxPeers = MaxPeer,
                Approve = Approve,
                CodeLength = CodeLength,
            };
            if (NoWait)
                OpenOnly(request);
            else
                OpenAndWait(request);
        }
        catch (WgException e)
        {
            WriteError(e, Name);
        }
    }

    private void OpenOnly(EnrollmentOpenRequest request)
    {
        using var window = Ask(Name, $"Opening tunnel '{Name}'", (client, cancellation) => client.OpenEnrollmentAsync(request, cancellation));
        WriteObject(window.ToModel(Name, request));
    }

    private void OpenAndWait(EnrollmentOpenRequest request)
    {
        using var asking = Await($"Asking tunnel '{Name}'", ConnectAsync);
        using var listening = Await($"Asking tunnel '{Name}'", ConnectAsync);
        var session = new EnrollmentSession(asking, listening);
        var display = new EnrollmentDisplay(this, Name);
        try
        {
            display.SayWhyItClosed(Await(
                display.Progress,
                (pump, cancellation) => session.RunAsync(
                    request, opened => pump.Post(() => display.Show(opened)), (news, peer) => pump.Post(() => display.Tell(news, peer)), cancellation)));
        }
        finally
        {
            session.CloseAsync().Wait(PatienceToClose);
        }
    }

    private Task<EngineClient> ConnectAsync(CancellationToken cancellation) => Tunnels.ConnectAsync(Name, EngineTimeouts.Default, cancellation);
}
