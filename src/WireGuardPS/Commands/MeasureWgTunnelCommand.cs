using System.Management.Automation;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>Measure-WgTunnel: round trips and losses to peers, or throughput between two of our ends, through the tunnel.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "WgTunnel", DefaultParameterSetName = ByEcho)]
[OutputType(typeof(WgMeasurement), ParameterSetName = [ByEcho])]
[OutputType(typeof(WgThroughput), ParameterSetName = [ByThroughput, AsListener])]
public sealed class MeasureWgTunnelCommand : TunnelCommand
{
    private const string ByEcho = "Echo";
    private const string ByThroughput = "Throughput";
    private const string AsListener = "Listen";

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
    [Parameter(ParameterSetName = ByEcho, Position = 1)]
    [Parameter(ParameterSetName = ByThroughput, Position = 1)]
    [ValidateNotNullOrEmpty]
    public IPAddress[]? Address { get; set; }

    /// <summary>Bytes are sent each way for -Duration; at the other end -Listen has to run.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByThroughput)]
    public SwitchParameter Throughput { get; set; }

    /// <summary>The other end of -Throughput: hears what comes in by the tunnel, and nothing else.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AsListener)]
    public SwitchParameter Listen { get; set; }

    /// <summary>How long to send each way, or to listen.</summary>
    [Parameter(ParameterSetName = ByThroughput)]
    [Parameter(ParameterSetName = AsListener)]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan? Duration { get; set; }

    /// <summary>Of TCP, inside the tunnel.</summary>
    [Parameter(ParameterSetName = ByThroughput)]
    [Parameter(ParameterSetName = AsListener)]
    [ValidateRange(1, 65535)]
    public ushort Port { get; set; } = ThroughputLink.DefaultPort;

    [Parameter(ParameterSetName = ByEcho)]
    [ValidateRange(1, 10000)]
    public int Count { get; set; } = 10;

    [Parameter(ParameterSetName = ByEcho)]
    [DurationTransformation]
    [ValidateTimeout]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes of each echo's content.</summary>
    [Parameter(ParameterSetName = ByEcho)]
    [ValidateRange(0, 65000)]
    public int Size { get; set; } = 56;

    /// <summary>How long to wait for each answer.</summary>
    [Parameter(ParameterSetName = ByEcho)]
    [Parameter(ParameterSetName = ByThroughput)]
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
                if (Listen)
                    ListenOn(target.Name);
                else
                    Measure(tunnel);
            }
            catch (WgException e)
            {
                Report(e, target);
            }
        }
    }

    private void Measure(TunnelInfo tunnel)
    {
        foreach (var (peer, address) in Targets(tunnel))
        {
            if (Throughput)
                MeasureThroughput(tunnel.Name, peer, address);
            else
                Measure(tunnel.Name, peer, address);
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
            var owner = OwnerOf(tunnel, address);
            if (owner is null)
                WriteError(new WgException(ErrorIds.PeerNotFound, $"No peer of tunnel '{tunnel.Name}' has {address} among its allowed IPs.") { Advice = $"'Get-WgPeer {tunnel.Name}' shows what is behind each peer; Set-WgPeer -AllowedIP -Append adds to it." }, address.ToString());
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
            WriteError(new WgException(ErrorIds.HostNetworkFailed, $"No echo could be sent to {address}: {e.InnerException?.Message ?? e.Message}", e) { Advice = $"'ip route get {address}' says which way it would go; a firewall or kill switch may forbid it." }, address.ToString());
        }
    }

    private void MeasureThroughput(string tunnel, PeerInfo peer, IPAddress address)
    {
        var duration = Duration ?? TimeSpan.FromSeconds(5);
        try
        {
            if (duration > ThroughputLink.Longest)
                throw new WgException(ErrorIds.InvalidValue, $"-Duration is at most {ThroughputLink.Longest.TotalSeconds:0} s each way.");
            var sent = OverLink(ThroughputLink.SendAsync, "Sending to");
            var received = OverLink(ThroughputLink.ReceiveAsync, "Receiving from");
            WriteObject(ThroughputOf(tunnel, peer, address, sent, received));
        }
        catch (WgException e)
        {
            WriteError(e, address.ToString());
        }

        ByteFlow OverLink(Func<Socket, TimeSpan, CancellationToken, Task<ByteFlow>> way, string what) => Await($"{what} {address} through tunnel '{tunnel}'", async cancellation =>
        {
            using var socket = await ThroughputLink.ConnectAsync(tunnel, address, Port, Timeout, cancellation).ConfigureAwait(false);
            return await way(socket, duration, cancellation).ConfigureAwait(false);
        });
    }

    private void ListenOn(string tunnel)
    {
        try
        {
            using var listener = ThroughputLink.Listen(tunnel, Port);
            WriteVerbose($"Port {Port} of tunnel '{tunnel}' takes measurements.");
            AwaitQuietly((pump, cancellation) => AcceptAsync(listener, tunnel, pump, cancellation));
        }
        catch (SocketException e)
        {
            throw new WgException(ErrorIds.HostNetworkFailed, $"Port {Port} of tunnel '{tunnel}' cannot be listened on from here: {e.Message}", e);
        }
    }

    private async Task<bool> AcceptAsync(Socket listener, string tunnel, PipelinePump pump, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (Duration is { } duration)
            end.CancelAfter(duration);
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptAsync(end.Token).ConfigureAwait(false);
                var from = ((IPEndPoint)socket.RemoteEndPoint!).Address;
                var address = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
                try
                {
                    var (sent, received) = await ThroughputLink.ServeAsync(socket, end.Token).ConfigureAwait(false);
                    pump.Post(() => WriteObject(ThroughputOf(tunnel, OwnerOf(Ask(tunnel, "Looking for the peer", GetAsync), address), address, sent, received)));
                }
                catch (WgException e)
                {
                    pump.Post(() => WriteWarning($"{address}: {e.Message}"));
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Its time is over.
            return true;
        }
    }

    private static WgThroughput ThroughputOf(string tunnel, PeerInfo? peer, IPAddress address, ByteFlow? sent, ByteFlow? received) => new()
    {
        Tunnel = tunnel,
        Peer = peer?.PublicKey,
        PeerName = string.IsNullOrEmpty(peer?.Name) ? null : peer.Name,
        Target = address.ToString(),
        TxBytes = sent?.Bytes,
        TxRate = sent?.Rate,
        RxBytes = received?.Bytes,
        RxRate = received?.Rate,
    };

    private static PeerInfo? OwnerOf(TunnelInfo tunnel, IPAddress address) => tunnel.Peers.SelectMany(peer => peer.AllowedIPs.Select(text => (peer, prefix: IPNetwork.Parse(text))))
        .Where(entry => entry.prefix.Contains(address)).OrderByDescending(entry => entry.prefix.PrefixLength).FirstOrDefault().peer;

    private ulong SentTo(string tunnel, PeerInfo peer) =>
        Ask(tunnel, "Reading counters", GetAsync).Peers.FirstOrDefault(p => p.PublicKey == peer.PublicKey)?.TxBytes ?? 0;
}
