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
    private static readonly TimeSpan s_derivation = TimeSpan.FromSeconds(10);

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
        var before = Ask(name, $"Looking at tunnel '{name}'", (client, cancellation) => client.GetTunnelAsync(includeSecrets: false, cancellation));
        var file = NoSave ? null : before.ConfigPath;
        if (file is not null)
            WarnOfWhatElseIsSaved(name);
        if (!ShouldProcess($"tunnel '{name}'", "Replace the private key; peers are cut off until they know the new public key"))
            return;
        using var key = SecretKey.RandomPrivateKey();
        var told = new WgKeyHandover
        {
            Tunnel = name,
            OldPublicKey = before.PublicKey,
            NewPublicKey = Derive(key),
            ConfigPath = file,
            Peers = [.. before.Peers.Select(peer => string.IsNullOrEmpty(peer.Name) ? peer.PublicKey : peer.Name)],
        };
        try
        {
            Finish($"Changing the key of tunnel '{name}'", stop => ChangeAsync(told, key, stop));
        }
        catch (WgException e)
        {
            WriteFailure(e, name);
            return;
        }

        WriteOutcome(told, $"Tunnel '{name}' has a new key: its public key {told.OldPublicKey ?? "(none)"} is {told.NewPublicKey} now. At each other end: {told.Instruction}");
    }

    // Saving tells the file all that runs, not the key alone.
    private void WarnOfWhatElseIsSaved(string name)
    {
        var differs = Ask(name, $"Looking at the file of tunnel '{name}'", (client, cancellation) => client.SaveAsync(new SaveQuery { DryRun = true }, cancellation)).Changes;
        foreach (var change in differs)
            WriteWarning($"The file of tunnel '{name}' is brought to what runs, in this too: {change.ToModel(name)}");
    }

    private string Derive(SecretKey key)
    {
        using var session = new PublicKeySession(FindEngine());
        return Await("Deriving the public key", cancellation => session.DeriveAsync(key, s_derivation, cancellation));
    }

    // Key and file change together, whoever presses Ctrl-C; until the first of them does, nothing has changed.
    private async Task<bool> ChangeAsync(WgKeyHandover told, SecretKey key, CancellationToken stop)
    {
        using var client = await Tunnels.ConnectAsync(told.Tunnel, EngineTimeouts.Default, stop).ConfigureAwait(false);
        var old = told.ConfigPath is null ? null : (await client.GetTunnelAsync(includeSecrets: true, stop).ConfigureAwait(false)).PrivateKey;
        try
        {
            await SetAsync(client, key).ConfigureAwait(false);
        }
        catch (WgException e) when (client.IsBroken)
        {
            throw new WgException(e.ErrorId, $"Whether tunnel '{told.Tunnel}' has its new key is not known; Get-WgTunnel tells: the public key would be {told.NewPublicKey}. {e.Message}", e);
        }

        if (told.ConfigPath is not null)
            await SaveOrTakeBackAsync(client, told, old).ConfigureAwait(false);
        return true;
    }

    private static async Task SetAsync(EngineClient client, SecretKey key)
    {
        using var request = new SyncRequest { Mode = SyncModes.Set, PrivateKey = key.Clone() };
        await client.SyncAsync(request, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task SaveOrTakeBackAsync(EngineClient client, WgKeyHandover told, string? old)
    {
        try
        {
            await client.SaveAsync(new SaveQuery(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (WgException e)
        {
            throw new WgException(e.ErrorId, old is not null && await IsSetAgainAsync(client, old).ConfigureAwait(false)
                ? $"Tunnel '{told.Tunnel}' has its old key again, for the new one was not saved: {e.Message}"
                : $"Tunnel '{told.Tunnel}' has a new key, its public key is {told.NewPublicKey}, but the file has not: {e.Message}", e) { Advice = e.Advice };
        }
    }

    private async Task<bool> IsSetAgainAsync(EngineClient client, string old)
    {
        using var key = SecretKey.Parse(old, "private key");
        try
        {
            // One that has failed to answer is asked no more.
            using var anew = client.IsBroken ? await Tunnels.ConnectAsync(client.Tunnel, EngineTimeouts.Default, CancellationToken.None).ConfigureAwait(false) : null;
            await SetAsync(anew ?? client, key).ConfigureAwait(false);
            return true;
        }
        catch (WgException)
        {
            return false;
        }
    }
}
