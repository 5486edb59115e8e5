using System.Management.Automation;
using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Set-WgPeer: changes what is named of a peer and leaves the rest. From a WgPeer in the pipeline only its identity is
/// taken: the snapshot's endpoint may be older than the peer's.
/// </summary>
// The default set is tried first: with the other one a WgPeer would bind by its property names.
[Cmdlet(VerbsCommon.Set, "WgPeer", DefaultParameterSetName = ByPeer, SupportsShouldProcess = true)]
[OutputType(typeof(WgChange), typeof(WgPeer))]
public sealed class SetWgPeerCommand : PeerChangeCommand
{
    private const string ByKey = "ByKey";
    private const string ByPeer = "ByPeer";

    private bool _warned;

    [Parameter(Mandatory = true, ParameterSetName = ByPeer, ValueFromPipeline = true)]
    [Rehydration]
    [ValidateNotNull]
    public WgPeer? InputObject { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ByKey, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Tunnel { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByKey, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string PublicKey { get; set; } = "";

    /// <summary>Friendly name; '' clears it.</summary>
    [Parameter(ParameterSetName = ByPeer)]
    [Parameter(ParameterSetName = ByKey, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? PeerName { get; set; }

    /// <summary>$null clears it.</summary>
    [Parameter]
    [AllowNull]
    [PresharedKeyTransformation]
    public SecureString? PresharedKey { get; set; }

    [Parameter(ParameterSetName = ByPeer)]
    [Parameter(ParameterSetName = ByKey, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [EndpointTransformation]
    public string? Endpoint { get; set; }

    /// <summary>Replaces the list, or with -Append adds to it; @() empties it.</summary>
    [Parameter(ParameterSetName = ByPeer)]
    [Parameter(ParameterSetName = ByKey, ValueFromPipelineByPropertyName = true)]
    [Alias("AllowedIPs")]
    [AllowNull]
    [AllowEmptyCollection]
    public string[]? AllowedIP { get; set; }

    [Parameter]
    public SwitchParameter Append { get; set; }

    /// <summary>Seconds; 0: off.</summary>
    [Parameter(ParameterSetName = ByPeer)]
    [Parameter(ParameterSetName = ByKey, ValueFromPipelineByPropertyName = true)]
    public ushort? PersistentKeepalive { get; set; }

    /// <summary>Emit the peer instead of what has changed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        var tunnels = InputObject is null ? Tunnel : [InputObject.Tunnel];
        var publicKey = InputObject?.PublicKey ?? PublicKey;
        try
        {
            var request = new PeerChangeRequest
            {
                PublicKey = publicKey,
                Name = IsGiven(nameof(PeerName)) ? PeerName ?? "" : null,
                Endpoint = string.IsNullOrEmpty(Endpoint) ? null : PeerArguments.ParseEndpoint(Endpoint),
                AllowedIPs = IsGiven(nameof(AllowedIP)) ? PeerArguments.ParseAllowedIPs(AllowedIP ?? []) : null,
                AppendAllowedIPs = Append,
                PersistentKeepalive = PersistentKeepalive,
                PresharedKey = NewPresharedKey(),
            };
            using (request.PresharedKey)
            {
                WarnOfPlainText(PresharedKey, nameof(PresharedKey), "preshared key", ref _warned);
                Change(
                    tunnels,
                    publicKey,
                    "Set peer",
                    PassThru,
                    (client, key, dryRun, cancellation) => client.SetPeerAsync(request with { PublicKey = key, DryRun = dryRun }, cancellation));
            }
        }
        catch (WgException e)
        {
            WriteError(e, publicKey);
        }
    }

    // On the wire a key of zeros removes the key that is there.
    private SecretKey? NewPresharedKey()
    {
        if (!IsGiven(nameof(PresharedKey)))
            return null;
        return PresharedKey is { Length: > 0 } key ? SecretText.ToKey(key, "preshared key") : new SecretKey(new byte[SecretKey.Size]);
    }

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
