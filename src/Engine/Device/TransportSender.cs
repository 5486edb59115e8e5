using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>
/// The way out: IP packets are given a peer and a session, sealed as one batch in place, and handed to the socket as one
/// batch (whitepaper, section 5.4.6). One instance a thread; its buffers are its own.
/// </summary>
internal sealed unsafe class TransportSender : IDisposable
{
    private const int StagedBatch = 32;

    private readonly WireGuardDevice _device;
    private readonly IUdpSocket _socket;
    private readonly SealingBatch _sealing;
    private readonly SealingBatch _sealingStaged;
    private readonly PacketBatch _staged = new(StagedBatch);
    private readonly PacketBatch _single = new(1);
    private readonly PacketBatch _rejected = new(1);

    // Where each packet of this batch goes.
    private readonly Peer?[] _routes = new Peer?[PacketBatch.DefaultCapacity];

    // Those that packets of this batch were staged for.
    private readonly Peer?[] _waiting = new Peer?[PacketBatch.DefaultCapacity];
    private int _waitingCount;

    internal TransportSender(WireGuardDevice device, IUdpSocket socket)
    {
        _device = device;
        _socket = socket;
        _sealing = new SealingBatch(device, socket, PacketBatch.DefaultCapacity);
        _sealingStaged = new SealingBatch(device, socket, StagedBatch);
    }

    /// <summary>Sends a batch that was read from the TUN, overwriting it. Packets without a session are kept with their peer.</summary>
    internal void SendFromTun(PacketBatch batch, ITunQueue tun)
    {
        var now = _device.Clock.Now;
        try
        {
            RouteAll(batch);
            for (var i = 0; i < batch.Count; i++)
                Prepare(ref batch[i], i, tun, now);
            _sealing.Flush(batch, now);
            for (var i = 0; i < _waitingCount; i++)
                SendStaged(_waiting[i]!);
        }
        finally
        {
            _sealing.Forget();
            Array.Clear(_routes, 0, batch.Count);
            Array.Clear(_waiting, 0, _waitingCount);
            _waitingCount = 0;
        }
    }

    private void Prepare(ref PacketSlot slot, int index, ITunQueue tun, long now)
    {
        var peer = Admit(ref slot, _routes[index], tun);
        if (peer is null)
        {
            slot.Length = 0;
            return;
        }

        // What waits goes first: a session that has just begun must not let this packet overtake it.
        if (peer.Staged.IsInUse && HasUsableSession(peer, now))
            SendStaged(peer);
        if (!peer.Staged.IsInUse && _sealing.TryAdd(ref slot, index, peer, now, _device.Mtus))
            return;
        peer.Staged.Add(slot.Span);
        slot.Length = 0;
        if (_waitingCount == 0 || !ReferenceEquals(_waiting[_waitingCount - 1], peer))
            _waiting[_waitingCount++] = peer;
    }

    /// <summary>
    /// Sends what waits at the peer, or begins a handshake when there is no session for it. Where another thread does so just
    /// now, it waits for it: when this returns, what the caller had added is with the socket, or waits for a session.
    /// </summary>
    internal void SendStaged(Peer peer)
    {
        lock (peer.Staged.Sending)
        {
            while (peer.Staged.Count > 0 && !peer.IsRemoved && _device.IsUp)
            {
                var now = _device.Clock.Now;
                if (!HasUsableSession(peer, now))
                {
                    _device.RequestHandshake(peer, now);
                    return;
                }

                if (peer.Endpoint is null)
                {
                    peer.Staged.Clear();
                    return;
                }

                SendSomeStaged(peer, now);
            }
        }
    }

    // What has no session any more stays where it is.
    private void SendSomeStaged(Peer peer, long now)
    {
        try
        {
            _staged.Count = 0;
            while (_staged.Count < StagedBatch)
            {
                ref var slot = ref _staged[_staged.Count];
                slot.Data = _staged.ReadPosition(_staged.Count);
                slot.Length = peer.Staged.TryPeek(new Span<byte>(slot.Data, PacketBatch.MaxPacket), out var number);
                if (slot.Length < 0 || !_sealingStaged.TryAdd(ref slot, _staged.Count, peer, now, _device.Mtus))
                    break;
                peer.Staged.Remove(number);
                _staged.Count++;
            }

            _sealingStaged.Flush(_staged, now);
        }
        finally
        {
            _sealingStaged.Forget();
            peer.Staged.AllLeft();
        }
    }

    /// <summary>Sends a handshake message as it is.</summary>
    internal void SendMessage(Peer peer, ReadOnlySpan<byte> message, byte trafficClass)
    {
        if (peer.Endpoint is not { } endpoint)
            return;
        if (SendTo(endpoint.Value, message, trafficClass))
            peer.AddSent(message.Length);
    }

    /// <summary>Sends one datagram to anybody; false when the socket did not take it, which the retry timer makes up for.</summary>
    private bool SendTo(in UdpEndpoint endpoint, ReadOnlySpan<byte> message, byte trafficClass)
    {
        ref var slot = ref _single[0];
        slot.Data = _single.ReadPosition(0);
        slot.Length = message.Length;
        slot.Endpoint = endpoint with { TrafficClass = trafficClass };
        message.CopyTo(slot.Span);
        _single.Count = 1;
        return _socket.Send(_single) > 0;
    }

    public void Dispose()
    {
        _staged.Dispose();
        _single.Dispose();
        _rejected.Dispose();
    }

    // Looks up all before the first is worked on, so that what is needed of many peers comes into the caches side by side.
    private void RouteAll(PacketBatch batch)
    {
        var last = default(PacketAddress);
        Peer? peer = null;
        var changes = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var destination = IpPacket.Destination(batch[i].Span);
            if (destination != last)
            {
                last = destination;
                peer = OwnerOf(destination);
                peer?.Hint();
                changes++;
            }

            _routes[i] = peer;
        }

        if (changes < CacheHint.ManyChanges)
            return;
        var routes = _routes.AsSpan(0, batch.Count);
        foreach (var next in routes)
            next?.HintParts();
        foreach (var next in routes)
        {
            next?.HintTimers();
            next?.Keypairs.Current?.Hint();
        }

        foreach (var next in routes)
            next?.Keypairs.Current?.HintKeys();
    }

    private Peer? OwnerOf(PacketAddress destination) => destination.Family switch
    {
        4 => _device.AllowedIPs.Find4((uint)(destination.High >> 32)),
        6 => _device.AllowedIPs.Find6(destination.High, destination.Low),
        _ => null,
    };

    // The peer, if it can be sent to. What is no IP packet is dropped; others are told that they are.
    private Peer? Admit(ref PacketSlot slot, Peer? peer, ITunQueue tun)
    {
        if (peer is { Endpoint: not null, IsRemoved: false } && _device.IsUp)
        {
            if (!RoutingLoop.IsOwnDatagram(slot.Span, peer))
                return peer;
            _device.StrangerLog.Write(LogLevel.Warning, "loop", peer, static looping => $"the way to peer {looping.Name ?? looping.PublicKey.ToString()} at {looping.Endpoint?.Value} leads into its own tunnel: a route or rule is missing");
            return null;
        }
        if (IpPacket.Destination(slot.Span).Family != 0)
            Reject(slot.Span, tun);
        return null;
    }

    private void Reject(ReadOnlySpan<byte> packet, ITunQueue tun)
    {
        ref var slot = ref _rejected[0];
        slot.Data = _rejected.ReadPosition(0);
        slot.Length = IcmpUnreachable.Write(new Span<byte>(slot.Data, IcmpUnreachable.MaxSize), packet);
        if (slot.Length == 0)
            return;
        _rejected.Count = 1;
        tun.Write(_rejected);
    }

    private static bool HasUsableSession(Peer peer, long now) => peer.Keypairs.Current is { MaySend: true } keypair && !keypair.IsExpired(now);
}
