using System.Management.Automation;
using System.Net;
using System.Net.NetworkInformation;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Measure-WgTunnel: round trips and losses to peers, through the tunnel.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "WgTunnel")]
[OutputType(typeof(WgMeasurement))]
public sealed class MeasureWgTunnelCommand : TunnelCommand
{
    // Enough of them: what else goes through meanwhile may only add.
    private const double Share = 0.9;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Tunnel", "InterfaceAlias")]
    [TunnelOfPeerTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TunnelNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Addresses inside the tunnel; each peer's first host address unless given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public IPAddress[]? Address { get; set; }

    [Parameter]
    [ValidateRange(1, 10000)]
    public int Count { get; set; } = 10;

    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes of each echo's content.</summary>
    [Parameter]
    [ValidateRange(0, 65000)]
    public int Size { get; set; } = 56;

    /// <summary>How long to wait for each answer.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    protected override void ProcessRecord()
    {
        foreach (var target in Resolve(Name))
        {
            try
            {
                var tunnel = Ask(target.Name, $"Looking at tunnel '{target.Name}'", GetAsync);
                foreach (var (peer, address) in Targets(tunnel))
                    Measure(target.Name, peer, address);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    private static Task<TunnelInfo> GetAsync(EngineClient client, CancellationToken cancellation) => client.GetTunnelAsync(false, cancellation);

    private IEnumerable<(PeerInfo Peer, IPAddress Address)> Targets(TunnelInfo tunnel)
    {
        if (Address is null)
        {
            foreach (var peer in tunnel.Peers)
            {
                if (HostOf(peer) is { } host)
                    yield return (peer, host);
                else
                    WriteWarning($"The peer {PeerChoice.NameOf(peer)} of tunnel '{tunnel.Name}' has no allowed IP that is one host: -Address names an address behind it.");
            }

            yield break;
        }

        foreach (var address in Address)
        {
            var owner = tunnel.Peers.SelectMany(peer => peer.AllowedIPs.Select(text => (peer, prefix: IPNetwork.Parse(text))))
                .Where(entry => entry.prefix.Contains(address)).OrderByDescending(entry => entry.prefix.PrefixLength).FirstOrDefault().peer;
            if (owner is null)
                WriteError(new WgException(ErrorIds.PeerNotFound, $"No peer of tunnel '{tunnel.Name}' has {address} among its allowed IPs."), address.ToString());
            else
                yield return (owner, address);
        }
    }

    private static IPAddress? HostOf(PeerInfo peer) => peer.AllowedIPs.Select(IPNetwork.Parse)
        .Where(prefix => prefix.PrefixLength == prefix.BaseAddress.GetAddressBytes().Length * 8).Select(prefix => prefix.BaseAddress).FirstOrDefault();

    private void Measure(string tunnel, PeerInfo peer, IPAddress address)
    {
        try
        {
            var before = SentTo(tunnel, peer);
            var times = Await($"Measuring {address} through tunnel '{tunnel}'", cancellation => EchoSeries.RunAsync(address, Count, Size, Interval, Timeout, cancellation));
            var measured = new WgMeasurement
            {
                Tunnel = tunnel,
                Peer = peer.PublicKey,
                PeerName = string.IsNullOrEmpty(peer.Name) ? null : peer.Name,
                Target = address.ToString(),
                Sent = Count,
                Received = times.Count,
                MinRoundTrip = times.Count == 0 ? null : times.Min(),
                MedianRoundTrip = EchoSeries.Median(times),
                MaxRoundTrip = times.Count == 0 ? null : times.Max(),
                WentThroughTunnel = SentTo(tunnel, peer) - before >= (ulong)(Share * Count * Size),
            };
            if (!measured.WentThroughTunnel)
                WriteWarning($"What was sent to {address} did not go through tunnel '{tunnel}': it waits for a handshake, or has another way.");
            WriteObject(measured);
        }
        catch (PingException e)
        {
            WriteError(new WgException(ErrorIds.HostNetworkFailed, $"No echo could be sent to {address}: {e.InnerException?.Message ?? e.Message}", e), address.ToString());
        }
    }

    private ulong SentTo(string tunnel, PeerInfo peer) =>
        Ask(tunnel, "Reading counters", GetAsync).Peers.FirstOrDefault(p => p.PublicKey == peer.PublicKey)?.TxBytes ?? 0;
}
