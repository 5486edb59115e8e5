using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>
/// Update-WgKey: gives running tunnels a new key pair, in their files too, and emits what the other ends have to be told.
/// </summary>
[Cmdlet(VerbsData.Update, "WgKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(WgKeyHandover))]
public sealed class UpdateWgKeyCommand : TunnelCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The file keeps the old key, which the tunnel has again after its next start.</summary>
    [Parameter]
    public SwitchParameter NoSave { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                Update(target.Name);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    private void Update(string name)
    {
        var before = Ask(name, $"Looking at tunnel '{name}'", (client, cancellation) => client.GetTunnelAsync(includeSecrets: true, cancellation));
        var file = NoSave ? null : before.ConfigPath;
        if (file is not null)
            WarnOfWhatElseIsSaved(name);
        if (!ShouldProcess($"tunnel '{name}'", "Replace the private key; peers are cut off until they know the new public key"))
            return;
        using var key = SecretKey.RandomPrivateKey();
        Set(name, key);
        if (file is not null)
            SaveOrTakeBack(name, before);
        var after = Ask(name, $"Looking at tunnel '{name}'", (client, cancellation) => client.GetTunnelAsync(includeSecrets: false, cancellation));
        WriteObject(new WgKeyHandover
        {
            Tunnel = name,
            OldPublicKey = before.PublicKey,
            NewPublicKey = after.PublicKey ?? "",
            ConfigPath = file,
            Peers = [.. after.Peers.Select(peer => string.IsNullOrEmpty(peer.Name) ? peer.PublicKey : peer.Name)],
        });
    }

    // Saving tells the file all that runs, not the key alone.
    private void WarnOfWhatElseIsSaved(string name)
    {
        var differs = Ask(name, $"Looking at the file of tunnel '{name}'", (client, cancellation) => client.SaveAsync(new SaveQuery { DryRun = true }, cancellation)).Changes;
        foreach (var change in differs)
            WriteWarning($"The file of tunnel '{name}' is brought to what runs, in this too: {change.ToModel(name)}");
    }

    private void Set(string name, SecretKey key)
    {
        using var request = new SyncRequest { Mode = SyncModes.Set, PrivateKey = key.Clone() };
        Ask(name, $"Changing tunnel '{name}'", (client, cancellation) => client.SyncAsync(request, cancellation));
    }

    private void SaveOrTakeBack(string name, TunnelInfo before)
    {
        try
        {
            Ask(name, $"Saving tunnel '{name}'", (client, cancellation) => client.SaveAsync(new SaveQuery(), cancellation));
        }
        catch (WgException e)
        {
            if (before.PrivateKey is { } text)
            {
                using var old = SecretKey.Parse(text, "private key");
                Set(name, old);
            }

            throw new WgException(e.ErrorId, $"Tunnel '{name}' has its old key again, for the new one was not saved: {e.Message}", e);
        }
    }
}
