using System.Management.Automation;
using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Set-WgTunnel: changes properties of running tunnels; what is so already is not touched. Emits what has changed.</summary>
[Cmdlet(VerbsCommon.Set, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class SetWgTunnelCommand : SyncCommand
{
    private bool _warned;
    private bool _yesToAll;
    private bool _noToAll;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter]
    public ushort? ListenPort { get; set; }

    /// <summary>0: none.</summary>
    [Parameter]
    public uint? FwMark { get; set; }

    [Parameter]
    [KeyTransformation]
    [ValidateNotNull]
    public SecureString? PrivateKey { get; set; }

    /// <summary>Bytes; 0: found from the ways to the endpoints.</summary>
    [Parameter]
    public int? Mtu { get; set; }

    /// <summary>All of them: those that are not named go.</summary>
    [Parameter]
    [Alias("Addresses")]
    [AllowEmptyCollection]
    public string[]? Address { get; set; }

    /// <summary>Name servers and search domains, all of them.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[]? Dns { get; set; }

    /// <summary>No question before a private key is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                WarnOfPlainText(PrivateKey, nameof(PrivateKey), "private key", ref _warned);
                if (!MayReplaceKey(target.Name))
                    continue;
                Sync(target.Name, $"Change tunnel '{target.Name}'", new SyncRequest
                {
                    Mode = SyncModes.Set,
                    ListenPort = ListenPort,
                    FwMark = FwMark,
                    PrivateKey = PrivateKey is null ? null : SecretText.ToKey(PrivateKey, "private key"),
                    Mtu = Mtu,
                    Addresses = Address,
                    Dns = Dns,
                });
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    // A key that is replaced is gone. Whoever sets the one that is there, or the first one, is not asked.
    private bool MayReplaceKey(string tunnel)
    {
        if (PrivateKey is null || Force || !this.AsksOfHighImpact())
            return true;
        using var request = new SyncRequest { Mode = SyncModes.Set, DryRun = true, PrivateKey = SecretText.ToKey(PrivateKey, "private key") };
        var foreseen = Ask(tunnel, $"Looking at tunnel '{tunnel}'", (client, cancellation) => client.SyncAsync(request, cancellation)).Changes;
        return !foreseen.Any(change => change is { Property: "PrivateKey", Kind: TunnelDifference.Changed })
            || ShouldContinue(
                $"Tunnel '{tunnel}' gets another private key. The one that it has is gone then, unless its file keeps it, and peers are cut off until they know the new public key.",
                "Replace the private key?", ref _yesToAll, ref _noToAll);
    }
}
