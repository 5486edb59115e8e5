using System.Management.Automation;
using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Set-WgTunnel: changes properties of running tunnels; what is so already is not touched. Emits what has changed.</summary>
[Cmdlet(VerbsCommon.Set, "WgTunnel", SupportsShouldProcess = true)]
[OutputType(typeof(WgChange))]
public sealed class SetWgTunnelCommand : SyncCommand
{
    private bool _warned;

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

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                WarnOfPlainText(PrivateKey, nameof(PrivateKey), "private key", ref _warned);
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
}
