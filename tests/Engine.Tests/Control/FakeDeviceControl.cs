using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Control;

/// <summary>A device without packets: keeps the whole contract of <see cref="IDeviceControl"/> in memory.</summary>
internal sealed class FakeDeviceControl : IDeviceControl
{
    private readonly Lock _lock = new();
    private State _state = new();

    public event Action<DeviceEvent>? EventRaised;

    /// <summary>Thrown by the next <see cref="Apply"/> instead of doing anything.</summary>
    internal Exception? NextFailure { get; set; }

    /// <summary>What live traffic would have brought, by peer.</summary>
    internal Dictionary<PublicKey, (DateTimeOffset Handshake, ulong Rx, ulong Tx)> Traffic { get; } = [];

    internal int Applied { get; private set; }

    /// <summary>Peers that a handshake was asked for with.</summary>
    internal List<PublicKey> Handshakes { get; } = [];

    internal int Subscribers => EventRaised?.GetInvocationList().Length ?? 0;

    internal void Raise(DeviceEvent happened) => EventRaised?.Invoke(happened);

    public DeviceSnapshot Snapshot()
    {
        lock (_lock)
        {
            Snapshots++;
            return new DeviceSnapshot
            {
                Name = "fake",
                PrivateKey = _state.PrivateKey?.Clone(),
                PublicKey = _state.PublicKey,
                ListenPort = _state.ListenPort,
                FwMark = _state.FwMark,
                Mtu = 1420,
                IsUp = true,
                RxBytes = (ulong)Traffic.Values.Sum(t => (long)t.Rx),
                TxBytes = (ulong)Traffic.Values.Sum(t => (long)t.Tx),
                Peers = _state.Peers.Select(Describe).ToArray(),
            };
        }
    }

    /// <summary>How often everything was copied.</summary>
    internal int Snapshots { get; private set; }

    public PeerView Look(PublicKey peer, IEnumerable<IPNetwork> prefixes)
    {
        lock (_lock)
        {
            return new PeerView
            {
                OwnKey = _state.PublicKey,
                Peer = _state.Peers.Find(p => p.Key == peer) is { } there ? Describe(there) : null,
                Others =
                [
                    .. from prefix in prefixes
                       from other in _state.Peers
                       where other.Key != peer && other.AllowedIPs.Contains(prefix)
                       select new PrefixOwner(prefix, other.Key, other.Name),
                ],
            };
        }
    }

    public void Apply(DeviceChange change, bool dryRun = false)
    {
        var raised = new List<DeviceEvent>();
        lock (_lock)
        {
            if (NextFailure is { } failure)
            {
                NextFailure = null;
                throw failure;
            }

            var next = _state.Copy();
            next.Apply(change, raised);
            if (dryRun)
                return;
            _state = next;
            Applied++;
            Handshakes.AddRange(change.Peers.Where(peer => peer.ShakesHands).Select(peer => peer.PublicKey));
        }

        raised.ForEach(Raise);
    }

    private PeerSnapshot Describe(Peer peer)
    {
        var traffic = Traffic.GetValueOrDefault(peer.Key);
        return new PeerSnapshot
        {
            PublicKey = peer.Key,
            Name = peer.Name,
            PresharedKey = peer.PresharedKey?.Clone(),
            Endpoint = peer.Endpoint,
            AllowedIPs = peer.AllowedIPs.ToArray(),
            LastHandshake = traffic.Handshake == default ? null : traffic.Handshake,
            RxBytes = traffic.Rx,
            TxBytes = traffic.Tx,
            PersistentKeepalive = peer.Keepalive,
        };
    }

    private sealed class Peer(PublicKey key)
    {
        internal PublicKey Key { get; } = key;

        internal string? Name { get; set; }

        internal SecretKey? PresharedKey { get; set; }

        internal IPEndPoint? Endpoint { get; set; }

        internal ushort Keepalive { get; set; }

        internal List<IPNetwork> AllowedIPs { get; private init; } = [];

        internal Peer Copy() => new(Key)
        {
            Name = Name,
            PresharedKey = PresharedKey,
            Endpoint = Endpoint,
            Keepalive = Keepalive,
            AllowedIPs = [.. AllowedIPs],
        };
    }

    private sealed class State
    {
        internal SecretKey? PrivateKey { get; private set; }

        internal PublicKey? PublicKey { get; private set; }

        internal ushort ListenPort { get; private set; }

        internal uint FwMark { get; private set; }

        internal List<Peer> Peers { get; private init; } = [];

        internal State Copy() => new()
        {
            PrivateKey = PrivateKey,
            PublicKey = PublicKey,
            ListenPort = ListenPort,
            FwMark = FwMark,
            Peers = Peers.ConvertAll(peer => peer.Copy()),
        };

        internal void Apply(DeviceChange change, List<DeviceEvent> raised)
        {
            if (change.PrivateKey is { } privateKey)
                SetPrivateKey(privateKey);
            ListenPort = change.ListenPort switch { null => ListenPort, 0 => 49152, { } port => port };
            FwMark = change.FwMark ?? FwMark;
            if (change.ReplacePeers)
                Peers.RemoveAll(peer => !change.Peers.Any(kept => kept.PublicKey == peer.Key));
            var owners = Peers.SelectMany(p => p.AllowedIPs.Select(ip => (ip, p))).ToDictionary(x => x.ip, x => x.p);
            foreach (var peer in change.Peers)
                Apply(peer, owners, raised);
        }

        private void SetPrivateKey(SecretKey key)
        {
            // The device owns a copy: the change is disposed of by whoever made it.
            PrivateKey = key.IsZero ? null : key.Clone();
            PrivateKey?.Clamp();
            PublicKey = PrivateKey is null ? null : Curve25519.PublicKeyOf(PrivateKey);
            Peers.RemoveAll(peer => peer.Key == PublicKey);
        }

        private void Apply(PeerChange change, Dictionary<IPNetwork, Peer> owners, List<DeviceEvent> raised)
        {
            var peer = Peers.Find(p => p.Key == change.PublicKey);
            switch (change.Mode)
            {
                case PeerChangeMode.AddOnly when peer is not null:
                    throw new DeviceChangeException(DeviceChangeError.PeerExists, $"Peer {change.PublicKey} is there already.");
                case PeerChangeMode.UpdateOnly or PeerChangeMode.RemoveExisting when peer is null:
                    throw new DeviceChangeException(DeviceChangeError.PeerNotFound, $"There is no peer {change.PublicKey}.");
                case PeerChangeMode.Remove or PeerChangeMode.RemoveExisting:
                    if (peer is not null)
                    {
                        Peers.Remove(peer);
                        peer.AllowedIPs.ForEach(ip => owners.Remove(ip));
                        raised.Add(new DeviceEvent(DeviceEventKind.PeerRemoved, change.PublicKey, peer.Name));
                    }

                    return;
                case PeerChangeMode.UpdateIfPresent when peer is null:
                    return;
            }

            if (change.PublicKey == PublicKey)
                return;
            if (peer is null)
            {
                Peers.Add(peer = new Peer(change.PublicKey));
                raised.Add(new DeviceEvent(DeviceEventKind.PeerAdded, change.PublicKey, change.Name));
            }

            Update(peer, change, owners);
        }

        private static void Update(Peer peer, PeerChange change, Dictionary<IPNetwork, Peer> owners)
        {
            peer.Name = change.Name switch { null => peer.Name, "" => null, { } name => name };
            if (change.PresharedKey is { } presharedKey)
                peer.PresharedKey = presharedKey.IsZero ? null : presharedKey.Clone();
            peer.Endpoint = change.Endpoint ?? (change.ForgetEndpoint ? null : peer.Endpoint);
            peer.Keepalive = change.PersistentKeepalive ?? peer.Keepalive;
            if (change.ReplaceAllowedIPs)
            {
                peer.AllowedIPs.ForEach(ip => owners.Remove(ip));
                peer.AllowedIPs.Clear();
            }

            foreach (var allowed in change.AllowedIPs)
            {
                if (owners.TryGetValue(allowed.Prefix, out var owner) && (!allowed.Remove || owner == peer))
                {
                    owner.AllowedIPs.Remove(allowed.Prefix);
                    owners.Remove(allowed.Prefix);
                }

                if (!allowed.Remove)
                {
                    peer.AllowedIPs.Add(allowed.Prefix);
                    owners[allowed.Prefix] = peer;
                }
            }
        }
    }
}
