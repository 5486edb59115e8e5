using System.Diagnostics;
using System.Management.Automation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Get-WgPeer: peers of running tunnels, all or filtered by key or friendly name.</summary>
[Cmdlet(VerbsCommon.Get, "WgPeer")]
[OutputType(typeof(WgPeer))]
public sealed class GetWgPeerCommand : TunnelCommand
{
    // The alias binds WgTunnel objects; WgPeer objects, whose Name is the peer's own, bind by their Tunnel.
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[]? Tunnel { get; set; }

    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerKeyCompleter))]
    public string[]? PublicKey { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    public string[]? PeerName { get; set; }

    /// <summary>Fill in PresharedKey.</summary>
    [Parameter]
    public SwitchParameter IncludeSecret { get; set; }

    /// <summary>Ask twice, that long apart, and fill in RxRate and TxRate.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan? SampleInterval { get; set; }

    protected override void ProcessRecord() => AskEach(Tunnel, "Asking tunnels", SampleAsync, WritePeers);

    private async Task<Sample> SampleAsync(EngineClient client, CancellationToken cancellation)
    {
        if (SampleInterval is not { } interval)
            return new Sample(await client.GetTunnelAsync(IncludeSecret, cancellation).ConfigureAwait(false), new Dictionary<string, PeerInfo>(), default);
        var first = await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(interval, cancellation).ConfigureAwait(false);
        var second = await client.GetTunnelAsync(IncludeSecret, cancellation).ConfigureAwait(false);
        return new Sample(second, first.Peers.ToDictionary(peer => peer.PublicKey, StringComparer.Ordinal), Stopwatch.GetElapsedTime(started));
    }

    private void WritePeers(string tunnel, Sample sample)
    {
        var info = sample.Tunnel;
        var now = DateTimeOffset.UtcNow;
        IEnumerable<PeerInfo> peers = info.Peers;
        if (PublicKey is not null)
            peers = ByKey(tunnel, info, PublicKey);
        if (PeerName is not null)
            peers = ByName(tunnel, [.. peers], PeerName);
        foreach (var peer in peers)
            WriteObject(peer.ToPeer(tunnel, now, sample.Before.GetValueOrDefault(peer.PublicKey), sample.Since));
    }

    /// <param name="Before">By public key, as they were <paramref name="Since"/> before; empty: nobody looked.</param>
    private sealed record Sample(TunnelInfo Tunnel, IReadOnlyDictionary<string, PeerInfo> Before, TimeSpan Since);

    private List<PeerInfo> ByKey(string tunnel, TunnelInfo info, string[] keys)
    {
        var found = new List<PeerInfo>();
        foreach (var text in keys)
        {
            try
            {
                // `Get-WgPeer wg0 laptop`: what is a peer's name need not be a key.
                var named = NameChoice.Named(info.Peers, text, peer => peer.Name);
                if (named.Count > 0)
                {
                    found.AddRange(named.Where(p => !found.Contains(p)));
                    continue;
                }

                var peer = PeerChoice.Find(info, text);
                if (!found.Contains(peer))
                    found.Add(peer);
            }
            catch (WgException e) when (e.ErrorId == ErrorIds.PeerNotFound && !IsLiteralTunnel(tunnel))
            {
            }
            catch (WgException e)
            {
                WriteError(e, text);
            }
        }

        return found;
    }

    private List<PeerInfo> ByName(string tunnel, List<PeerInfo> peers, string[] names)
    {
        var found = new List<PeerInfo>();
        foreach (var name in names)
        {
            try
            {
                var matching = NameChoice.Named(peers, name, peer => peer.Name);
                if (matching.Count == 0 && IsLiteralTunnel(tunnel) && !WildcardPattern.ContainsWildcardCharacters(name))
                    throw new WgException(ErrorIds.PeerNotFound, $"Tunnel '{tunnel}' has no peer named {KeyLike.Quoted(name)}.");
                found.AddRange(matching.Where(p => !found.Contains(p)));
            }
            catch (WgException e)
            {
                WriteError(e, name);
            }
        }

        return found;
    }

    // Whoever looks for a peer in all tunnels does not expect it in each.
    private bool IsLiteralTunnel(string tunnel) => Tunnel?.Contains(tunnel, StringComparer.Ordinal) == true;
}
