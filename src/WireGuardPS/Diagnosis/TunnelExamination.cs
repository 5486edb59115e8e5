using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Diagnosis;

/// <summary>Finds out all that is to be judged about one tunnel: from its engine, its file, name servers and routes.</summary>
internal static class TunnelExamination
{
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(3);
    private static readonly EngineTimeouts Patience = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));

    /// <summary>Empty: nothing is wrong.</summary>
    /// <exception cref="WgException">EngineAccessDenied: this user may not ask.</exception>
    internal static async Task<IReadOnlyList<WgFinding>> ExamineAsync(TunnelDirectory tunnels, string name, CancellationToken cancellation)
    {
        TunnelInfo tunnel;
        try
        {
            using var client = await tunnels.ConnectAsync(name, Patience, cancellation).ConfigureAwait(false);
            tunnel = await client.GetTunnelAsync(false, cancellation).ConfigureAwait(false);
        }
        catch (WgException e) when (e.ErrorId != ErrorIds.EngineAccessDenied)
        {
            return [Unreachable(name, e)];
        }

        if (tunnel.IsStarting)
            return [TunnelFindings.Starting(name)];
        var paths = await PathsAsync(tunnel, cancellation).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        return
        [
            .. TunnelFindings.Of(tunnel, now),
            .. tunnel.Peers.SelectMany(peer => PeerFindings.Of(tunnel, peer, paths.GetValueOrDefault(peer.PublicKey) ?? new PeerPath(), now)),
        ];
    }

    private static WgFinding Unreachable(string name, WgException failure) => failure.ErrorId switch
    {
        ErrorIds.Starting => TunnelFindings.Starting(name),
        ErrorIds.TunnelNotFound => TunnelFindings.Error(name, FindingIds.NotRunning, failure.Message, $"Start-WgTunnel {name}"),
        ErrorIds.EngineTimeout => TunnelFindings.Error(
            name, FindingIds.EngineSilent, $"{failure.Message} Its process hangs or is stopped.", $"See its log in {ControlProtocol.Directory}; end the process, then Stop-WgTunnel {name} undoes what it has left."),
        _ => TunnelFindings.Error(name, FindingIds.EngineUnreachable, failure.Message, ErrorCatalog.Get(failure.ErrorId).RecommendedAction),
    };

    // What this shell sees is what the sockets see only where they are in its network namespace.
    private static async Task<IReadOnlyDictionary<string, PeerPath>> PathsAsync(TunnelInfo tunnel, CancellationToken cancellation)
    {
        if (tunnel.SocketNetNs is not null || EngineNamespace.IsAnothers(tunnel.ProcessId))
            return new Dictionary<string, PeerPath>();
        var names = NamesOf(tunnel);
        var found = await Task.WhenAll(tunnel.Peers.Select(async peer =>
        {
            var name = names.GetValueOrDefault(peer.PublicKey);
            var addresses = name is null ? null : await LookUpAsync(name, cancellation).ConfigureAwait(false);
            var fits = IPEndPoint.TryParse(peer.Endpoint ?? "", out var endpoint) ? PathMtu.To(endpoint, tunnel.FwMark) : null;
            return (peer.PublicKey, new PeerPath(name, addresses, fits));
        })).ConfigureAwait(false);
        return found.ToDictionary(f => f.PublicKey, f => f.Item2, StringComparer.Ordinal);
    }

    // Of peers without a session: the others are where they should be, whatever their name says.
    private static Dictionary<string, string> NamesOf(TunnelInfo tunnel)
    {
        var silent = tunnel.Peers.Where(peer => Snapshots.Age(peer.LastHandshake, DateTimeOffset.UtcNow) > WgPeer.StaleAfter).Select(peer => peer.PublicKey).ToHashSet(StringComparer.Ordinal);
        if (tunnel.ConfigPath is not { } path || silent.Count == 0)
            return [];
        using var config = ConfigParser.ParseFile(path).Config;
        return (config?.Peers ?? []).Where(peer => peer.Endpoint is { Literal: null } && silent.Contains(peer.PublicKey.ToString()))
            .ToDictionary(peer => peer.PublicKey.ToString(), peer => peer.Endpoint!.Host, StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<IPAddress>?> LookUpAsync(string name, CancellationToken cancellation)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(NamePatience);
            return await Dns.GetHostAddressesAsync(name, patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}
