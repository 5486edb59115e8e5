using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>New-WgInvite: a link by which others join a tunnel's network without a window.</summary>
[Cmdlet(VerbsCommon.New, "WgInvite", DefaultParameterSetName = AsObject, SupportsShouldProcess = true)]
[OutputType(typeof(WgInvite), ParameterSetName = [AsObject])]
[OutputType(typeof(string), ParameterSetName = [AsText])]
public sealed class NewWgInviteCommand : EngineCommand
{
    private const string AsObject = "Object";
    private const string AsText = "PlainText";

    private bool _isTold;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServedTunnelCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The name that whoever comes by it gets, whatever it calls itself.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? PeerName { get; set; }

    /// <summary>From now; a day unless said.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation]
    public TimeSpan? ExpiresIn { get; set; }

    /// <summary>How many different clients may come by it; one unless said.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("MaxUses")]
    [ValidateRange(1, 10_000)]
    public int? MaxUse { get; set; }

    /// <summary>HOST or HOST:PORT where clients reach the server; that of its start unless said.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [EndpointTransformation]
    public string? Endpoint { get; set; }

    /// <summary>Emit the link alone, as text.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AsText)]
    public SwitchParameter AsPlainText { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            if (!TunnelName.IsValid(Name))
                throw new WgException(ErrorIds.InvalidTunnelName, $"{KeyLike.Quoted(Name)} cannot be the name of a tunnel.");
            var request = new EnrollmentInviteRequest
            {
                PeerName = string.IsNullOrEmpty(PeerName) ? null : PeerName,
                ExpiresInSeconds = ExpiresIn is { } life ? (long)Math.Ceiling(life.TotalSeconds) : null,
                MaxUses = MaxUse,
                Endpoint = string.IsNullOrEmpty(Endpoint) ? null : PeerArguments.ParseReachableHost(Endpoint),
            };
            if (!ShouldProcess($"tunnel '{Name}'", request.PeerName is null ? "Let whoever has the invitation join" : $"Let whoever has the invitation join as '{request.PeerName}'"))
                return;
            using var invite = Ask(Name, $"Inviting to tunnel '{Name}'", (client, cancellation) => client.InviteAsync(request, cancellation));
            if (AsPlainText)
                WriteObject(invite.Link.Reveal());
            else
                WriteLinkHidden(invite.ToModel(Name));
        }
        catch (WgException e)
        {
            WriteError(e, Name);
        }
    }

    // Whoever lets it go by sees no link, and nothing tells it again.
    private void WriteLinkHidden(WgInvite invite)
    {
        WriteObject(invite);
        if (_isTold)
            return;
        _isTold = true;
        WriteInformation(
            new HostInformationMessage { Message = "The link is in the property Link, hidden, and is told this once: $invite.Link | ConvertFrom-SecureString -AsPlainText shows it, -AsPlainText emits it instead." },
            ["PSHOST"]);
    }
}
