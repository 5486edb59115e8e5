using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Looks the endpoints' names up again while a tunnel runs: a peer that is spoken to and has not shaken hands for long may have
/// another address now. One that nobody speaks to is left alone.
/// </summary>
internal sealed class EndpointWatch : IDisposable
{
    /// <summary>Between two looks at all peers.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>A session ends after 180 s, and 15 s is how long silence is borne: an end that only receives may renew as late as that.</summary>
    internal static readonly TimeSpan Stale = TimeSpan.FromSeconds(195);

    private readonly IDeviceControl _device;
    private readonly ConfiguredEndpoints _endpoints;
    private readonly Lock _changing;
    private readonly EndpointResolver _resolver;
    private readonly TimeProvider _time;
    private readonly EngineLog _log;
    private readonly Dictionary<PublicKey, ulong> _sent = [];

    // When a handshake was first seen, which no setting of the wall clock changes.
    private readonly Dictionary<PublicKey, (DateTimeOffset Handshake, long SeenAt)> _handshakes = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <param name="endpoints">Those that are names are looked after, whenever they come.</param>
    /// <param name="changing">Held by whoever changes the device and what is written of it.</param>
    /// <param name="resolver">Tries once a look.</param>
    public EndpointWatch(IDeviceControl device, ConfiguredEndpoints endpoints, Lock changing, EndpointResolver resolver, TimeProvider time, EngineLog log)
    {
        (_device, _endpoints, _changing, _resolver, _time, _log) = (device, endpoints, changing, resolver, time, log);
        _watching = WatchAsync();
    }

    /// <summary>Nothing is changed after this has returned.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _watching.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _time, _stop.Token).ConfigureAwait(false);
                await LookAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>One look at all peers.</summary>
    internal async Task LookAsync()
    {
        foreach (var (key, current, name) in Unanswered())
        {
            try
            {
                var found = await _resolver.LookUpAsync(name, _stop.Token).ConfigureAwait(false);
                if (Next(found, current) is { } next)
                    Move(key, current, next, name);
            }
            catch (SocketException failure)
            {
                _log.Verbose($"{name} could not be looked up again: {failure.Message}");
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                _log.Warning($"{name}: {failure.Message}");
            }
        }
    }

    /// <summary>The peers that something was sent to since the last look, and that have not shaken hands for long.</summary>
    private List<(PublicKey Key, IPEndPoint? Endpoint, HostEndpoint Name)> Unanswered()
    {
        if (_endpoints.IsEmpty)
            return [];
        using var snapshot = _device.Snapshot();
        var found = new List<(PublicKey, IPEndPoint?, HostEndpoint)>();
        foreach (var peer in snapshot.Peers)
        {
            if (_endpoints.FindName(peer.PublicKey) is not { } name)
                continue;
            var isSpokenTo = peer.TxBytes > _sent.GetValueOrDefault(peer.PublicKey);
            _sent[peer.PublicKey] = peer.TxBytes;
            if (IsStale(peer) && isSpokenTo)
                found.Add((peer.PublicKey, peer.Endpoint, name));
        }

        return found;
    }

    private bool IsStale(PeerSnapshot peer)
    {
        if (peer.LastHandshake is not { } last)
            return true;
        if (_handshakes.TryGetValue(peer.PublicKey, out var known) && known.Handshake == last)
            return _time.GetElapsedTime(known.SeenAt) > Stale;
        _handshakes[peer.PublicKey] = (last, _time.GetTimestamp());
        return false;
    }

    /// <summary>The first address; the one after the present, which does not answer, when that is among them. Null: there is no other.</summary>
    private static IPEndPoint? Next(IReadOnlyList<IPEndPoint> found, IPEndPoint? current)
    {
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i].Equals(current))
                return found.Count > 1 ? found[(i + 1) % found.Count] : null;
        }

        return found.Count > 0 ? found[0] : null;
    }

    private void Move(PublicKey key, IPEndPoint? from, IPEndPoint endpoint, HostEndpoint name)
    {
        using var change = new DeviceChange { Peers = [new PeerChange { PublicKey = key, Mode = PeerChangeMode.UpdateIfPresent, Endpoint = endpoint }] };
        lock (_changing)
        {
            // The look-up took its time; meanwhile somebody may have set another one, or the peer have come back, from elsewhere perhaps.
            using var now = _device.Snapshot();
            if (_endpoints.FindName(key) != name || now.Peers.FirstOrDefault(p => p.PublicKey == key) is not { } peer || !Equals(peer.Endpoint, from) || !IsStale(peer))
                return;
            _device.Apply(change);
        }

        _log.Information($"{name} does not answer where it was; trying {endpoint}");
    }
}
