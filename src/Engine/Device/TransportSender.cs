using System.Buffers.Binary;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>
/// The way out: IP packets are given a peer and a counter, sealed as one batch in place, and handed to the socket as one
/// batch (whitepaper, section 5.4.6). One instance a thread; its buffers are its own.
/// </summary>
internal sealed unsafe class TransportSender : IDisposable
{
    private const int StagedBatch = 32;

    private readonly WireGuardDevice _device;
    private readonly IUdpSocket _socket;
    private readonly AeadPacket[] _sealing = new AeadPacket[PacketBatch.DefaultCapacity];
    private readonly Keypair?[] _keypairs = new Keypair?[PacketBatch.DefaultCapacity];
    private readonly PacketBatch _staged = new(StagedBatch);
    private readonly PacketBatch _single = new(1);
    private readonly PacketBatch _rejected = new(1);
    private int _count;

    internal TransportSender(WireGuardDevice device, IUdpSocket socket)
    {
        _device = device;
        _socket = socket;
    }

    /// <summary>Sends a batch that was read from the TUN, overwriting it. Packets without a session are kept with their peer.</summary>
    internal void SendFromTun(PacketBatch batch, ITunQueue tun)
    {
        var now = _device.Clock.Now;
        Peer? waiting;
        try
        {
            waiting = PrepareBatch(batch, tun, now);
        }
        catch
        {
            Forget();
            throw;
        }

        Flush(batch, now);
        if (waiting is not null)
            SendStaged(waiting);
    }

    // Returns the last peer that packets were staged for; the others were asked for a session already.
    private Peer? PrepareBatch(PacketBatch batch, ITunQueue tun, long now)
    {
        var mtus = _device.Mtus;
        Peer? waiting = null;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch[i];
            var peer = Route(ref slot, tun);
            if (peer is null)
            {
                slot.Length = 0;
                continue;
            }

            // Behind packets that wait, this one waits too: a session that has just begun must not let it overtake.
            if (peer.Staged.Count == 0 && TryPrepare(ref slot, peer, now, mtus))
                continue;
            peer.Staged.Add(slot.Span);
            slot.Length = 0;
            if (!ReferenceEquals(waiting, peer))
            {
                if (waiting is not null)
                    AskForSession(waiting, now);
                waiting = peer;
            }
        }

        return waiting;
    }

    /// <summary>Sends what waits at the peer, or begins a handshake when there is no session for it.</summary>
    internal void SendStaged(Peer peer)
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

            var count = 0;
            while (count < StagedBatch)
            {
                ref var slot = ref _staged[count];
                slot.Data = _staged.ReadPosition(count);
                slot.Length = peer.Staged.TryTake(new Span<byte>(slot.Data, PacketBatch.MaxPacket));
                if (slot.Length < 0)
                    break;
                if (!TryPrepare(ref slot, peer, now, _device.Mtus))
                {
                    // The session ended between the check and now; what was taken goes back to wait.
                    peer.Staged.Add(slot.Span);
                    _staged.Count = count;
                    Flush(_staged, now);
                    _device.RequestHandshake(peer, now);
                    return;
                }

                count++;
            }

            _staged.Count = count;
            Flush(_staged, now);
            if (count == 0)
                return;
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

    private Peer? Route(ref PacketSlot slot, ITunQueue tun)
    {
        var destination = IpPacket.Destination(slot.Span);
        if (destination.Family == 0)
            return null;
        var peer = destination.Family == 4
            ? _device.AllowedIPs.Find4((uint)(destination.High >> 32))
            : _device.AllowedIPs.Find6(destination.High, destination.Low);
        if (peer is { Endpoint: not null, IsRemoved: false } && _device.IsUp)
        {
            if (!RoutingLoop.IsOwnDatagram(slot.Span, peer))
                return peer;
            _device.StrangerLog.Write(LogLevel.Warning, "loop", peer, static looping => $"the way to peer {looping.Name ?? looping.PublicKey.ToString()} at {looping.Endpoint?.Value} leads into its own tunnel: a route or rule is missing");
            return null;
        }
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

    // Gives the packet its header, counter, padding and place in the sealing batch; false when there is no session for it.
    private bool TryPrepare(ref PacketSlot slot, Peer peer, long now, PathMtus mtus)
    {
        var keypair = peer.Keypairs.Current;
        var endpoint = peer.Endpoint;
        if (keypair is null || !keypair.MaySend || endpoint is null)
            return false;
        if (keypair.IsExpired(now))
        {
            keypair.MaySend = false;
            return false;
        }

        if (!keypair.TryUse())
            return false;
        var counter = keypair.NextCounter();
        if (counter >= ProtocolLimits.RejectAfterMessages)
        {
            keypair.MaySend = false;
            keypair.Release();
            return false;
        }

        var text = slot.Data;
        var padded = PaddedLength(slot.Length, mtus.Holding(slot.Length));
        new Span<byte>(text + slot.Length, padded - slot.Length).Clear();
        var ecn = IpPacket.OuterEcn(slot.Span);
        slot.Data = text - MessageFormat.TransportHeaderSize;
        slot.Length = MessageFormat.TransportHeaderSize + padded + MessageFormat.TagSize;
        slot.Endpoint = endpoint.Value;
        slot.Endpoint.TrafficClass = ecn;
        var header = slot.Span;
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)MessageType.Transport);
        BinaryPrimitives.WriteUInt32LittleEndian(header[MessageFormat.Transport.ReceiverIndex..], keypair.RemoteIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(header[MessageFormat.Transport.Counter..], counter);
        _sealing[_count] = new AeadPacket { Key = keypair.SendKey, Counter = counter, Data = text, Length = padded };
        _keypairs[_count] = keypair;
        _count++;
        return true;
    }

    // Padding stops at the MTU, or, for what is longer than one, at the MTU's next multiple.
    private static int PaddedLength(int length, int mtu)
    {
        if (mtu <= 0)
            return (length + ProtocolLimits.PaddingMultiple - 1) & -ProtocolLimits.PaddingMultiple;
        var last = length > mtu ? length % mtu : length;
        var padded = Math.Min(mtu, (last + ProtocolLimits.PaddingMultiple - 1) & -ProtocolLimits.PaddingMultiple);
        return length - last + padded;
    }

    private void Flush(PacketBatch batch, long now)
    {
        if (_count == 0)
            return;
        try
        {
            _device.Aead.Seal(_sealing.AsSpan(0, _count));
            var isSent = _socket.Send(batch) > 0;
            for (var i = 0; i < _count; i++)
                Account(_keypairs[i]!.Peer, _sealing[i].Length, isSent, now);
        }
        finally
        {
            Forget();
        }
    }

    // A counter that was given out is used once or never: nothing of a batch may live on into the next.
    private void Forget()
    {
        for (var i = 0; i < _count; i++)
            _keypairs[i]!.Release();
        Array.Clear(_keypairs, 0, _count);
        _count = 0;
    }

    private void Account(Peer peer, int textLength, bool isSent, long now)
    {
        peer.Timers.AuthenticatedTraversal(now);
        peer.Timers.AuthenticatedSent();
        if (isSent)
        {
            peer.AddSent(MessageFormat.MinimumTransportSize + textLength);
            if (textLength > 0)
                peer.Timers.DataSent(now);
        }

        KeepKeyFresh(peer, now);
    }

    private void KeepKeyFresh(Peer peer, long now)
    {
        if (peer.Keypairs.Current is { MaySend: true } current
            && (current.SendCounter > ProtocolLimits.RekeyAfterMessages
                || (current.IsInitiator && now - current.CreatedAt >= (long)ProtocolLimits.RekeyAfterTime.TotalNanoseconds)))
            _device.RequestHandshake(peer, now);
    }

    private void AskForSession(Peer peer, long now)
    {
        if (!HasUsableSession(peer, now))
            _device.RequestHandshake(peer, now);
        else
            _device.RequestFlush(peer);
    }
}
