using System.Collections.Concurrent;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>Changes.</summary>
public sealed partial class WireGuardDevice
{
    private readonly ConcurrentDictionary<PublicKey, Peer> _peers = new();
    private readonly List<Peer> _addedPeers = [];
    private ushort _listenPort;
    private uint _fwMark;
    private ulong _removedRxBytes;
    private ulong _removedTxBytes;

    internal PeerRoster Roster { get; } = new();

    /// <inheritdoc/>
    public void Apply(DeviceChange change, bool dryRun = false)
    {
        List<DeviceEvent> events = [];
        lock (_controlLock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Validate(change);
            if (dryRun)
                return;
            // What can fail comes first: after the sockets nothing is refused any more.
            ApplySockets(change);
            if (change.PrivateKey is { } key)
                ApplyPrivateKey(key, events);
            if (change.ReplacePeers)
                foreach (var peer in Roster.All)
                    Remove(peer, events);
            foreach (var peer in change.Peers)
                ApplyPeer(peer, events);
            if (_addedPeers.Count > 0)
                Roster.Add(_addedPeers);
            _addedPeers.Clear();
            SettleWhenDue();
        }

        foreach (var raised in events)
            Raise(raised);
    }

    // Plays the change through on the set of keys alone, so that a refusal leaves the device as it was.
    private void Validate(DeviceChange change)
    {
        if (!change.Peers.Any(p => p.Mode is PeerChangeMode.AddOnly or PeerChangeMode.UpdateOnly or PeerChangeMode.RemoveExisting))
            return;
        // Of those that the change names, whether each is there by then.
        var present = new Dictionary<PublicKey, bool>();
        foreach (var peer in change.Peers)
        {
            var exists = present.TryGetValue(peer.PublicKey, out var known) ? known : !change.ReplacePeers && _peers.ContainsKey(peer.PublicKey);
            if (peer.Mode == PeerChangeMode.AddOnly && exists)
                throw new DeviceChangeException(DeviceChangeError.PeerExists, $"Peer {peer.PublicKey} is already there.");
            if (peer.Mode is PeerChangeMode.UpdateOnly or PeerChangeMode.RemoveExisting && !exists)
                throw new DeviceChangeException(DeviceChangeError.PeerNotFound, $"There is no peer {peer.PublicKey}.");
            if (peer.Mode == PeerChangeMode.AddOnly && _identity?.PublicKey == peer.PublicKey)
                throw new DeviceChangeException(DeviceChangeError.InvalidValue, $"Peer {peer.PublicKey} is this tunnel's own key.");
            if (peer.Mode is PeerChangeMode.AddOrUpdate or PeerChangeMode.AddOnly)
                present[peer.PublicKey] = true;
            else if (peer.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting)
                present[peer.PublicKey] = false;
        }
    }

    private void ApplySockets(DeviceChange change)
    {
        var mark = change.FwMark ?? _fwMark;
        if (change.ListenPort is { } port && (port != _listenPort || port == 0))
        {
            if (_isUp)
                BindLocked(port, mark);
            else
                _listenPort = port;
            ForgetSources();
        }
        else if (mark != _fwMark && _isUp)
        {
            _options.Bind.SetFwMark(mark);
            ForgetSources();
        }

        _fwMark = mark;
    }

    private void BindLocked(ushort port, uint mark)
    {
        try
        {
            var bound = _options.Bind.Open(port, mark);
            // A random port, once found, is this tunnel's: peers know it.
            _listenPort = bound;
            Log.Verbose($"listening on port {bound}");
        }
        catch (SocketException e)
        {
            var (error, reason) = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => (DeviceChangeError.AddressInUse, "another program uses it"),
                SocketError.AccessDenied => (DeviceChangeError.AccessDenied, "permission denied"),
                _ => (DeviceChangeError.SocketFailed, e.Message),
            };
            throw new DeviceChangeException(error, $"UDP port {port} cannot be bound: {reason}.", e);
        }
    }

    private void ForgetSources()
    {
        foreach (var peer in Roster.All)
            peer.ForgetSource();
    }

    // Told by the socket. A source that still serves is kept: a peer behind a NAT knows no other.
    private void ForgetStaleSources()
    {
        SourceVerdict serves = _options.Bind.SourceStillServes;
        foreach (var peer in Roster.All)
            peer.ReviewSources(serves);
    }

    private void ApplyPrivateKey(SecretKey key, List<DeviceEvent> events)
    {
        var identity = key.IsZero ? null : new StaticIdentity(key);
        if (identity is null ? _identity is null : _identity is not null && _identity.PrivateKey.Equals(identity.PrivateKey))
        {
            identity?.Dispose();
            return;
        }

        if (identity is not null && _peers.TryGetValue(identity.PublicKey, out var self))
            Remove(self, events);
        var isFirst = _identity is null;
        lock (_handshakeLock)
        {
            _identity?.Dispose();
            _identity = identity;
            _cookieChecker?.Dispose();
            _cookieChecker = identity is null ? null : new CookieChecker(identity.PublicKey, _rateLimiter);
            foreach (var peer in _peers.Values)
            {
                peer.Handshake.SetIdentity(identity);
                peer.InitiationTimestamps.Forget();
                // Sessions belong to the old key: they send no more, and the next packet shakes hands at once.
                peer.Keypairs.StopSending();
                ForgetHandshakeIndex(peer);
                peer.Handshake.Clear();
                peer.LastSentHandshake = long.MinValue / 2;
                // What came while there was no key to shake hands with has waited long enough.
                if (isFirst && _isUp && peer.Staged.Count > 0)
                    RequestFlush(peer);
            }
        }
    }

    private void ApplyPeer(PeerChange change, List<DeviceEvent> events)
    {
        _peers.TryGetValue(change.PublicKey, out var peer);
        if (change.Mode is PeerChangeMode.Remove or PeerChangeMode.RemoveExisting)
        {
            if (peer is not null)
                Remove(peer, events);
            return;
        }

        if (peer is null)
        {
            // The tunnel's own key is no peer: ignored, as the kernel driver does.
            if (change.Mode == PeerChangeMode.UpdateIfPresent || _identity?.PublicKey == change.PublicKey)
                return;
            peer = Add(change, events);
        }

        if (change.Name is { } name)
            peer.Name = name.Length == 0 ? null : name;
        if (change.PresharedKey is { } psk)
            peer.Handshake.SetPresharedKey(psk.Span);
        if (change.ForgetEndpoint)
            peer.ForgetEndpoint();
        if (change.Endpoint is { } endpoint)
            peer.SetEndpoint(UdpEndpoint.From(endpoint));
        if (change.ReplaceAllowedIPs)
            AllowedIPs.RemoveAll(peer);
        foreach (var allowed in change.AllowedIPs)
        {
            if (allowed.Remove)
                AllowedIPs.Remove(allowed.Prefix, peer);
            else
                AllowedIPs.Set(allowed.Prefix, peer);
        }

        if (change.PersistentKeepalive is { } seconds)
            ApplyKeepalive(peer, seconds);
        if (change.ShakesHands)
            ShakeHands(peer);
        if (_isUp && peer.Staged.Count > 0)
            RequestFlush(peer);
    }

    // Whoever asks knows that the other end may have forgotten: what is sent by an old session meanwhile would be lost.
    private void ShakeHands(Peer peer)
    {
        peer.Keypairs.StopSending();
        lock (_handshakeLock)
            peer.LastSentHandshake = long.MinValue / 2;
        if (_isUp && peer.Endpoint is not null)
            RequestHandshake(peer, Clock.Now);
    }

    private void ApplyKeepalive(Peer peer, ushort seconds)
    {
        var wasOff = peer.Timers.PersistentKeepaliveInterval == 0;
        peer.Timers.PersistentKeepaliveInterval = seconds;
        if (wasOff && seconds != 0 && _isUp)
            RequestKeepalive(peer);
    }

    private Peer Add(PeerChange change, List<DeviceEvent> events)
    {
        var peer = new Peer(change.PublicKey, Indices, _options.Jitter);
        peer.Handshake.SetIdentity(_identity);
        // Before the worker can find the peer: an initiation in between would be answered without the key.
        if (change.PresharedKey is { } psk)
            peer.Handshake.SetPresharedKey(psk.Span);
        if (!_isUp)
            peer.Timers.Stop();
        _peers[change.PublicKey] = peer;
        _addedPeers.Add(peer);
        events.Add(new DeviceEvent(DeviceEventKind.PeerAdded, peer.PublicKey, change.Name));
        return peer;
    }

    private void Remove(Peer peer, List<DeviceEvent> events)
    {
        peer.IsRemoved = true;
        AllowedIPs.RemoveAll(peer);
        lock (_handshakeLock)
        {
            // Under this lock, so that the worker finds a peer all the way through a handshake or not at all.
            _peers.TryRemove(peer.PublicKey, out _);
            QuietenLocked(peer);
            peer.Handshake.Dispose();
        }

        Roster.LetGo();
        _removedRxBytes += peer.RxBytes;
        _removedTxBytes += peer.TxBytes;
        events.Add(new DeviceEvent(DeviceEventKind.PeerRemoved, peer.PublicKey, peer.Name));
    }

    private void RemoveEverything()
    {
        lock (_controlLock)
        {
            List<DeviceEvent> unheard = [];
            foreach (var peer in Roster.All)
                Remove(peer, unheard);
            lock (_handshakeLock)
            {
                _identity?.Dispose();
                _identity = null;
                _cookieChecker?.Dispose();
                _cookieChecker = null;
            }
        }
    }
}
