using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Device;

/// <summary>Copies of what there is.</summary>
public sealed partial class WireGuardDevice
{
    /// <inheritdoc/>
    public DeviceSnapshot Snapshot()
    {
        lock (_controlLock)
        {
            var peers = Roster.All;
            var snapshots = new PeerSnapshot[peers.Length];
            var rx = _removedRxBytes;
            var tx = _removedTxBytes;
            for (var i = 0; i < peers.Length; i++)
            {
                snapshots[i] = Snapshot(peers[i]);
                rx += snapshots[i].RxBytes;
                tx += snapshots[i].TxBytes;
            }

            return new DeviceSnapshot
            {
                Name = Name,
                PrivateKey = _identity?.PrivateKey.Clone(),
                PublicKey = _identity?.PublicKey,
                ListenPort = _isUp ? _options.Bind.Port : _listenPort,
                FwMark = _fwMark,
                Mtu = Mtus.Link,
                IsUp = _isUp,
                RxBytes = rx,
                TxBytes = tx,
                ForeignMessages = Interlocked.Read(ref _foreignMessages),
                UnknownInitiations = Interlocked.Read(ref _unknownInitiations),
                Peers = snapshots,
            };
        }
    }

    /// <inheritdoc/>
    public PeerView Look(PublicKey peer, IEnumerable<IPNetwork> prefixes)
    {
        lock (_controlLock)
        {
            var there = _peers.GetValueOrDefault(peer);
            var others = new List<PrefixOwner>();
            foreach (var prefix in prefixes)
            {
                if (AllowedIPs.OwnerOf(prefix) is { } owner && !ReferenceEquals(owner, there))
                    others.Add(new PrefixOwner(prefix, owner.PublicKey, owner.Name));
            }

            return new PeerView { OwnKey = _identity?.PublicKey, Peer = there is null ? null : Snapshot(there), Others = others };
        }
    }

    private PeerSnapshot Snapshot(Peer peer) => new()
    {
        PublicKey = peer.PublicKey,
        Name = peer.Name,
        PresharedKey = peer.Handshake.CopyPresharedKey(),
        Endpoint = peer.Endpoint?.Value.ToIPEndPoint(),
        AllowedIPs = AllowedIPs.Of(peer),
        LastHandshake = peer.LastHandshake,
        RxBytes = peer.RxBytes,
        TxBytes = peer.TxBytes,
        PersistentKeepalive = peer.Timers.PersistentKeepaliveInterval,
        UnansweredHandshakes = peer.HandshakeAttempts,
        RefusedResponses = peer.RefusedResponses,
    };
}
