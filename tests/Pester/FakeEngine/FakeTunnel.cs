using System.Text.Json;
using WireGuard.Api;

namespace WireGuard.Tests.Fake;

/// <summary>An error for the client.</summary>
public sealed class FakeRpcException(ControlErrorCode code, string message) : Exception(message)
{
    public ControlErrorCode Code { get; } = code;
}

/// <summary>The state behind a fake control socket: a tunnel's peers, changed by the real methods.</summary>
public sealed class FakeTunnel(TunnelInfo info)
{
    private readonly Lock _gate = new();
    private readonly List<PeerInfo> _peers = [.. info.Peers];
    private TunnelInfo _info = info;
    private bool _isTrying;

    public string Name => _info.Name;

    /// <summary>What the last request for secrets said.</summary>
    public bool SecretsAsked { get; private set; }

    /// <summary>Preshared keys that came, by public key, in base64.</summary>
    public Dictionary<string, string> PresharedKeys { get; } = [];

    public event Action? StopRequested;

    public event Action<EngineEvent>? Happened;

    /// <summary>Null: the tunnel takes no enrollments.</summary>
    public FakeEnrollment? Enrollment { get; private set; }

    /// <param name="script">Of <see cref="FakeEnrollment"/>.</param>
    public void TakeEnrollments(string script) => Enrollment = new FakeEnrollment(Name, script, happened => Happened?.Invoke(happened), Changed);

    public JsonElement Invoke(string method, JsonElement parameters)
    {
        // It has a lock of its own.
        if (Enrollment?.Invoke(method, parameters) is { } answer)
            return answer;
        lock (_gate)
        {
            var json = ControlJsonContext.Default;
            switch (method)
            {
                case ControlProtocol.Methods.TunnelGet:
                    SecretsAsked = parameters.Deserialize(json.TunnelQuery)!.IncludeSecrets;
                    return JsonSerializer.SerializeToElement(Snapshot(SecretsAsked), json.TunnelInfo);
                case ControlProtocol.Methods.EngineStatus:
                    return JsonSerializer.SerializeToElement(Status(), json.EngineStatus);
                case ControlProtocol.Methods.PeerAdd:
                    return JsonSerializer.SerializeToElement(Change(parameters.Deserialize(json.PeerChangeRequest)!, Add), json.PeerInfo);
                case ControlProtocol.Methods.PeerSet:
                    return JsonSerializer.SerializeToElement(Change(parameters.Deserialize(json.PeerChangeRequest)!, Set), json.PeerInfo);
                case ControlProtocol.Methods.PeerRemove:
                    var removal = parameters.Deserialize(json.PeerRemoveRequest)!;
                    var gone = new PeerChangeRequest { PublicKey = removal.PublicKey, DryRun = removal.DryRun };
                    return JsonSerializer.SerializeToElement(Change(gone, request => Remove(request.PublicKey)), json.PeerInfo);
                case ControlProtocol.Methods.TunnelSync:
                    return JsonSerializer.SerializeToElement(Sync(parameters.Deserialize(json.SyncRequest)!), json.SyncResult);
                case ControlProtocol.Methods.TunnelSave:
                    return JsonSerializer.SerializeToElement(Save(parameters.Deserialize(json.SaveQuery)!), json.SaveResult);
                case ControlProtocol.Methods.EventsSubscribe:
                case ControlProtocol.Methods.TunnelStop:
                    return JsonSerializer.SerializeToElement(new Done(), json.Done);
                case var enrollments when enrollments.StartsWith("enrollment.", StringComparison.Ordinal):
                    throw new FakeRpcException(ControlErrorCode.NotServed, $"Tunnel '{Name}' was not started by serve.");
                default:
                    throw new FakeRpcException(ControlErrorCode.MethodNotFound, $"No method '{method}'.");
            }
        }
    }

    public void AfterAnswer(string method)
    {
        if (method == ControlProtocol.Methods.TunnelStop)
            StopRequested?.Invoke();
    }

    private void Changed(EnrolledPeerInfo peer, bool isIn)
    {
        lock (_gate)
        {
            _peers.RemoveAll(p => p.PublicKey == peer.PublicKey);
            if (isIn)
                _peers.Add(new PeerInfo { PublicKey = peer.PublicKey, Name = peer.Name, HasPresharedKey = true, AllowedIPs = peer.Addresses });
        }
    }

    // Of what can be changed so, the key and the port.
    private SyncResult Sync(SyncRequest request)
    {
        using (request)
        {
            var (before, key) = (_info, request.PrivateKey?.ToBase64() ?? _info.PrivateKey);
            var after = before with { PrivateKey = key, PublicKey = key is null ? null : Curve25519.PublicKeyOf(key), ListenPort = request.ListenPort ?? before.ListenPort };
            if (!request.DryRun)
                _info = after;
            var changes = new List<TunnelDifference>();
            if (after.PrivateKey != before.PrivateKey)
                changes.Add(new TunnelDifference(TunnelDifference.Changed, "PrivateKey"));
            if (after.ListenPort != before.ListenPort)
                changes.Add(new TunnelDifference(TunnelDifference.Changed, "ListenPort") { From = $"{before.ListenPort}", To = $"{after.ListenPort}" });
            return new SyncResult(changes);
        }
    }

    // The key alone.
    private SaveResult Save(SaveQuery query)
    {
        if (_info.ConfigPath is not { } path || !File.Exists(path))
            throw new FakeRpcException(ControlErrorCode.SaveFailed, $"There is no file '{_info.ConfigPath}'.");
        var line = $"PrivateKey = {_info.PrivateKey}";
        string[] lines = File.ReadAllLines(path);
        if (lines.Contains(line))
            return new SaveResult(path, []);
        if (!query.DryRun)
            File.WriteAllLines(path, lines.Select(l => l.StartsWith("PrivateKey", StringComparison.Ordinal) ? line : l));
        return new SaveResult(path, [new TunnelDifference(TunnelDifference.Changed, "PrivateKey")]);
    }

    private TunnelInfo Snapshot(bool secrets) => _info with
    {
        PrivateKey = secrets ? _info.PrivateKey : null,
        Peers = [.. _peers.Select(p => p with { PresharedKey = secrets ? PresharedKeys.GetValueOrDefault(p.PublicKey) : null })],
        RxBytes = (ulong)_peers.Sum(p => (long)p.RxBytes),
        TxBytes = (ulong)_peers.Sum(p => (long)p.TxBytes),
    };

    private EngineStatus Status() => new()
    {
        Tunnel = _info.Name,
        EngineVersion = "0.0.0-fake",
        ProtocolVersion = ControlProtocol.Version,
        ProcessId = Environment.ProcessId,
        StartedAt = _info.StartedAt,
        Backend = _info.Backend,
        CryptoBackend = "scalar",
        Lanes = 1,
        MemoryBytes = Environment.WorkingSet,
        CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
        PeerCount = _peers.Count,
        OnlinePeerCount = _peers.Count(p => p.LastHandshake > DateTimeOffset.UtcNow.AddSeconds(-180)),
    };

    private void Tell(string kind, PeerInfo peer, string? detail = null)
    {
        if (_isTrying)
            return;
        Happened?.Invoke(new EngineEvent
        {
            Kind = kind,
            Time = DateTimeOffset.UtcNow,
            Tunnel = _info.Name,
            PeerPublicKey = peer.PublicKey,
            PeerName = peer.Name,
            Detail = detail,
        });
    }

    /// <summary>Does it, or does it and takes it back; and tells what it was.</summary>
    private PeerInfo Change(PeerChangeRequest request, Func<PeerChangeRequest, PeerInfo> act)
    {
        var (peers, keys) = (_peers.ToList(), PresharedKeys.ToDictionary());
        _isTrying = request.DryRun;
        try
        {
            var answer = act(request);
            return answer with { Changes = FakeChanges.Between(request.PublicKey, peers, _peers, PresharedKeys.GetValueOrDefault(request.PublicKey) != keys.GetValueOrDefault(request.PublicKey)) };
        }
        finally
        {
            _isTrying = false;
            if (request.DryRun)
                Restore(peers, keys);
        }
    }

    private void Restore(List<PeerInfo> peers, Dictionary<string, string> keys)
    {
        _peers.Clear();
        _peers.AddRange(peers);
        PresharedKeys.Clear();
        foreach (var (peer, key) in keys)
            PresharedKeys.Add(peer, key);
    }

    private int IndexOf(string publicKey) => _peers.FindIndex(p => p.PublicKey == publicKey);

    private PeerInfo Add(PeerChangeRequest change)
    {
        if (IndexOf(change.PublicKey) is >= 0 and var index)
        {
            var keys = PresharedKeys.ToDictionary();
            PresharedKeys.Remove(change.PublicKey);
            var wanted = Changed(new PeerInfo { PublicKey = change.PublicKey }, change);
            var isSame = FakeChanges.Values(_peers[index], change.Endpoint is null ? wanted with { Endpoint = _peers[index].Endpoint } : wanted, PresharedKeys.GetValueOrDefault(change.PublicKey) != keys.GetValueOrDefault(change.PublicKey)) is [];
            Restore([.. _peers], keys);
            return isSame ? _peers[index] : throw new FakeRpcException(ControlErrorCode.PeerExists, $"Peer {change.PublicKey} is already there, with other values.");
        }

        _peers.Add(Changed(new PeerInfo { PublicKey = change.PublicKey }, change));
        Tell("peer-added", _peers[^1]);
        return WithoutRivals(_peers[^1]);
    }

    private PeerInfo Set(PeerChangeRequest change)
    {
        var index = Existing(change.PublicKey);
        var changed = _peers[index] = Changed(_peers[index], change);
        if (change.Endpoint is not null)
            Tell("endpoint-moved", changed, change.Endpoint);
        // A keepalive has to be sent, and for that hands to be shaken.
        if (change.PersistentKeepalive > 0)
        {
            changed = _peers[index] = changed with { LastHandshake = DateTimeOffset.UtcNow };
            Tell("handshake", changed);
        }

        return WithoutRivals(changed);
    }

    // As in the real engine, a prefix is one peer's.
    private PeerInfo WithoutRivals(PeerInfo owner)
    {
        for (var i = 0; i < _peers.Count; i++)
        {
            if (_peers[i].PublicKey != owner.PublicKey)
                _peers[i] = _peers[i] with { AllowedIPs = [.. _peers[i].AllowedIPs.Except(owner.AllowedIPs)] };
        }

        return owner;
    }

    private PeerInfo Remove(string publicKey)
    {
        var index = Existing(publicKey);
        var peer = _peers[index];
        _peers.RemoveAt(index);
        Tell("peer-removed", peer);
        return peer;
    }

    private int Existing(string publicKey) => IndexOf(publicKey) is >= 0 and var index
        ? index
        : throw new FakeRpcException(ControlErrorCode.PeerNotFound, $"There is no peer {publicKey}.");

    private PeerInfo Changed(PeerInfo peer, PeerChangeRequest change)
    {
        if (change.Endpoint?.StartsWith("unresolved.", StringComparison.Ordinal) == true)
            throw new FakeRpcException(ControlErrorCode.EndpointUnresolved, $"'{change.Endpoint}' has no address.");
        if (change.PresharedKey is { } key)
        {
            if (key.IsZero)
                PresharedKeys.Remove(peer.PublicKey);
            else
                PresharedKeys[peer.PublicKey] = key.ToBase64();
        }

        IReadOnlyList<string> allowed = change.AllowedIPs ?? peer.AllowedIPs;
        return peer with
        {
            Name = change.Name is null ? peer.Name : change.Name.Length == 0 ? null : change.Name,
            HasPresharedKey = PresharedKeys.ContainsKey(peer.PublicKey),
            Endpoint = change.Endpoint ?? peer.Endpoint,
            PersistentKeepalive = change.PersistentKeepalive ?? peer.PersistentKeepalive,
            AllowedIPs = change.AppendAllowedIPs ? [.. peer.AllowedIPs.Union(allowed)] : allowed,
        };
    }
}
