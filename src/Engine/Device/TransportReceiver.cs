using System.Buffers.Binary;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;

namespace WireGuard.Engine.Device;

/// <summary>
/// The way in: datagrams are told apart, transport messages opened as one batch in place, checked, and handed to the TUN
/// as one batch (whitepaper, section 5.4.6). Handshake messages go to the worker, what is none of ours to a <see cref="PortGuest"/>, if there is one. One instance a lane.
/// </summary>
internal sealed unsafe class TransportReceiver(WireGuardDevice device, TransportSender sender)
{
    private readonly AeadPacket[] _opening = new AeadPacket[PacketBatch.DefaultCapacity];
    // Whose message each of this batch is; null: no transport message, or nobody's.
    private readonly Keypair?[] _found = new Keypair?[PacketBatch.DefaultCapacity];
    private readonly Keypair?[] _keypairs = new Keypair?[PacketBatch.DefaultCapacity];
    private readonly int[] _slots = new int[PacketBatch.DefaultCapacity];
    private int _count;

    /// <summary>Works off a batch that was read from the socket, overwriting it, and writes what is good to the TUN.</summary>
    internal void Receive(PacketBatch batch, ITunQueue tun)
    {
        var now = device.Clock.Now;
        try
        {
            FindAll(batch, now);
            for (var i = 0; i < batch.Count; i++)
                Sort(ref batch[i], i, now);
            if (_count > 0 && Open(batch, now))
                tun.Write(batch);
        }
        finally
        {
            // Whatever happened, the next batch begins with nothing of this one.
            for (var i = 0; i < _count; i++)
                _keypairs[i]!.Release();
            Array.Clear(_keypairs, 0, _count);
            Array.Clear(_found, 0, batch.Count);
            _count = 0;
        }
    }

    // True when something is to be written to the TUN.
    private bool Open(PacketBatch batch, long now)
    {
        device.Aead.Open(_opening.AsSpan(0, _count));
        var delivered = false;
        for (int first = 0, next; first < _count; first = next)
        {
            next = EndOfRun(first);
            _keypairs[first]!.Receive(_opening.AsSpan(first..next));
            var received = 0;
            for (var i = first; i < next; i++)
            {
                ref var slot = ref batch[_slots[i]];
                slot.Length = _opening[i].Authentic ? Accept(ref slot, i, now, ref received) : 0;
                delivered |= slot.Length > 0;
            }

            if (received > 0)
                _keypairs[first]!.Peer.AddReceived(received);
        }

        return delivered;
    }

    // Messages of one session in a row: what lanes share is touched once for them.
    private int EndOfRun(int first)
    {
        var end = first + 1;
        while (end < _count && ReferenceEquals(_keypairs[end], _keypairs[first]))
            end++;
        return end;
    }

    // Tells all apart before the first is worked on, so that what is needed of many peers comes into the caches side by side.
    private void FindAll(PacketBatch batch, long now)
    {
        uint last = 0;
        Keypair? keypair = null;
        var changes = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var message = batch[i].Span;
            var type = MessageFormat.Classify(message);
            if (type != MessageType.Transport)
            {
                if (type is not null)
                    device.EnqueueHandshake(type.Value, message, batch[i].Endpoint, now);
                else
                    device.OfferToGuest(message, batch[i].Endpoint, now);
                continue;
            }

            var index = MessageFormat.ReadIndex(message, MessageFormat.Transport.ReceiverIndex);
            if (index != last)
            {
                last = index;
                keypair = device.Indices.FindKeypair(index);
                keypair?.Hint();
                changes++;
            }

            _found[i] = keypair;
        }

        if (changes >= CacheHint.ManyChanges)
            HintAll(batch);
    }

    private void HintAll(PacketBatch batch)
    {
        var found = _found.AsSpan(0, batch.Count);
        foreach (var keypair in found)
        {
            keypair?.HintParts();
            keypair?.Peer.Hint();
        }

        for (var i = 0; i < found.Length; i++)
        {
            found[i]?.HintWindow(CounterOf(batch[i].Span));
            found[i]?.Peer.HintParts();
        }

        foreach (var keypair in found)
            keypair?.Peer.HintTimers();
    }

    private void Sort(ref PacketSlot slot, int index, long now)
    {
        var message = slot.Span;
        if (_found[index] is not { } keypair || !TryPrepare(message, keypair, out var counter, now))
        {
            slot.Length = 0;
            return;
        }

        _opening[_count] = new AeadPacket
        {
            Key = keypair.ReceiveKey,
            Counter = counter,
            Data = slot.Data + MessageFormat.TransportHeaderSize,
            Length = message.Length - MessageFormat.MinimumTransportSize,
        };
        _keypairs[_count] = keypair;
        _slots[_count] = index;
        _count++;
    }

    private static ulong CounterOf(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt64LittleEndian(message[MessageFormat.Transport.Counter..]);

    private static bool TryPrepare(ReadOnlySpan<byte> message, Keypair keypair, out ulong counter, long now)
    {
        counter = CounterOf(message);
        return !keypair.IsExpired(now) && keypair.CanReceive(counter) && keypair.TryUse();
    }

    // The packet is authentic and new. Returns the length to write to the TUN, 0 for nothing.
    private int Accept(ref PacketSlot slot, int index, long now, ref int received)
    {
        var keypair = _keypairs[index]!;
        var textLength = _opening[index].Length;
        var peer = keypair.Peer;
        if (peer.IsRemoved)
            return 0;
        // The endpoint follows the newest authentic packet, even one that the routing check below drops.
        device.Learn(peer, slot.Endpoint, keypair, _opening[index].Counter, now);
        if (peer.Keypairs.Confirm(keypair))
            device.CompleteHandshake(peer, sender, sendKeepalive: false);
        RekeyInTheLastMinute(peer, now);
        peer.Timers.AuthenticatedReceived();
        peer.Timers.AuthenticatedTraversal(now);
        slot.Data += MessageFormat.TransportHeaderSize;
        if (textLength == 0)
        {
            received += MessageFormat.MinimumTransportSize;
            return 0;
        }

        peer.Timers.DataReceived(now);
        var packet = new Span<byte>(slot.Data, textLength);
        var length = IpPacket.TotalLength(packet);
        if (length < 0 || !ReferenceEquals(OwnerOfSource(packet), peer))
            return 0;
        received += MessageFormat.MinimumTransportSize + textLength;
        IpPacket.CopyCongestionIn(packet, slot.Endpoint.TrafficClass);
        return length;
    }

    private Peer? OwnerOfSource(ReadOnlySpan<byte> packet)
    {
        var source = IpPacket.Source(packet);
        return source.Family == 4
            ? device.AllowedIPs.Find4((uint)(source.High >> 32))
            : device.AllowedIPs.Find6(source.High, source.Low);
    }

    private void RekeyInTheLastMinute(Peer peer, long now)
    {
        if (peer.HasSentLastMinuteHandshake || peer.Keypairs.Current is not { IsInitiator: true, MaySend: true } current
            || now - current.CreatedAt < (long)ProtocolLimits.LastMinuteRekey.TotalNanoseconds)
            return;
        if (peer.TryLastMinuteHandshake())
            device.RequestHandshake(peer, now);
    }
}
