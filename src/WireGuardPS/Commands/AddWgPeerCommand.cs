using System.Management.Automation;
using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Add-WgPeer: a new peer for a running tunnel.</summary>
[Cmdlet(VerbsCommon.Add, "WgPeer", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange), typeof(WgPeer))]
public sealed class AddWgPeerCommand : PeerChangeCommand
{
    private bool _warned;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Tunnel { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string PublicKey { get; set; } = "";

    /// <summary>Friendly name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? PeerName { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [PresharedKeyTransformation]
    public SecureString? PresharedKey { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [EndpointTransformation]
    public string? Endpoint { get; set; }

    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("AllowedIPs")]
    [AllowNull]
    [AllowEmptyCollection]
    public string[]? AllowedIP { get; set; }

    /// <summary>Seconds; 0: off.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ushort? PersistentKeepalive { get; set; }

    /// <summary>Emit the peer instead of what has changed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            var request = new PeerChangeRequest
            {
                PublicKey = PeerArguments.ParseNewPublicKey(PublicKey),
                Name = string.IsNullOrEmpty(PeerName) ? null : PeerName,
                Endpoint = string.IsNullOrEmpty(Endpoint) ? null : PeerArguments.ParseEndpoint(Endpoint),
                AllowedIPs = PeerArguments.ParseAllowedIPs(AllowedIP ?? []),
                PersistentKeepalive = PersistentKeepalive,
                PresharedKey = IsEmpty(PresharedKey) ? null : SecretText.ToKey(PresharedKey!, "preshared key"),
            };
            using (request.PresharedKey)
            {
                WarnOfPlainText(PresharedKey, nameof(PresharedKey), "preshared key", ref _warned);
                Change(
                    Tunnel,
                    request.PublicKey,
                    "Add peer",
                    PassThru,
                    (client, _, dryRun, cancellation) => client.AddPeerAsync(request with { DryRun = dryRun }, cancellation),
                    "a peer that is added to it goes with its engine. New-WgInvite or Open-WgEnrollment let one in for good.");
            }
        }
        catch (WgException e)
        {
            WriteError(e, PublicKey);
        }
    }

    private static bool IsEmpty(SecureString? key) => key is null || key.Length == 0;
}
