using System.Buffers.Binary;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>
/// Packets of one batch that have a session and wait to be sealed together, in place. What is shared between threads is
/// touched once a run of packets of one session: counters are taken, and bytes counted, in one go. One thread's own.
/// </summary>
internal sealed unsafe class SealingBatch(WireGuardDevice device, IUdpSocket socket, int capacity)
{
    private readonly AeadPacket[] _packets = new AeadPacket[capacity];
    private readonly int[] _slots = new int[capacity];
    private readonly Run[] _runs = new Run[capacity];
    private int _count;
    private int _runCount;

    /// <summary>Gives the packet its header, padding and place in the batch; false when there is no session for it.</summary>
    /// <param name="slot">Number <paramref name="index"/> of the batch that <see cref="Flush"/> will get.</param>
    internal bool TryAdd(ref PacketSlot slot, int index, Peer peer, long now, PathMtus mtus)
    {
        if (peer.Endpoint is not { } endpoint || !TryJoinRun(peer, now))
            return false;
        var text = slot.Data;
        var padded = PaddedLength(slot.Length, mtus.Holding(slot.Length));
        new Span<byte>(text + slot.Length, padded - slot.Length).Clear();
        var ecn = IpPacket.OuterEcn(slot.Span);
        slot.Data = text - MessageFormat.TransportHeaderSize;
        slot.Length = MessageFormat.TransportHeaderSize + padded + MessageFormat.TagSize;
        slot.Endpoint = endpoint.Value;
        slot.Endpoint.TrafficClass = ecn;
        var keypair = _runs[_runCount - 1].Keypair!;
        var header = slot.Span;
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)MessageType.Transport);
        BinaryPrimitives.WriteUInt32LittleEndian(header[MessageFormat.Transport.ReceiverIndex..], keypair.RemoteIndex);
        _packets[_count] = new AeadPacket { Key = keypair.SendKey, Data = text, Length = padded };
        _slots[_count] = index;
        _count++;
        return true;
    }

    /// <summary>Seals what was added and sends the batch.</summary>
    internal void Flush(PacketBatch batch, long now)
    {
        if (_count == 0)
            return;
        try
        {
            TakeCounters(batch);
            device.Aead.Seal(_packets.AsSpan(0, _count));
            var isSent = socket.Send(batch) > 0;
            for (var i = 0; i < _runCount; i++)
                Account(in _runs[i], isSent, now);
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>Drops what was added: a counter that was given out is used once or never, and nothing of a batch may live on into the next.</summary>
    internal void Forget()
    {
        for (var i = 0; i < _runCount; i++)
            _runs[i].Keypair!.Release();
        Array.Clear(_runs, 0, _runCount);
        _count = 0;
        _runCount = 0;
    }

    // The packet continues the last run, or begins one with its peer's session.
    private bool TryJoinRun(Peer peer, long now)
    {
        var keypair = peer.Keypairs.Current;
        if (keypair is not { MaySend: true })
            return false;
        var continues = _runCount > 0 && ReferenceEquals(_runs[_runCount - 1].Keypair, keypair);
        var waiting = continues ? _runs[_runCount - 1].Count : 0;
        if (keypair.IsExpired(now) || keypair.SendCounter + (ulong)waiting >= ProtocolLimits.RejectAfterMessages)
        {
            keypair.MaySend = false;
            return false;
        }

        if (!continues)
        {
            if (!keypair.TryUse())
                return false;
            _runs[_runCount++] = new Run { Keypair = keypair, First = _count };
        }

        _runs[_runCount - 1].Count++;
        return true;
    }

    private void TakeCounters(PacketBatch batch)
    {
        for (var r = 0; r < _runCount; r++)
        {
            ref var run = ref _runs[r];
            var counter = run.Keypair!.TakeCounters(run.Count);
            for (var i = run.First; i < run.First + run.Count; i++, counter++)
            {
                if (counter >= ProtocolLimits.RejectAfterMessages)
                {
                    // Another lane took the last ones since the packet was added. What is sealed here goes nowhere.
                    run.Keypair.MaySend = false;
                    batch[_slots[i]].Length = 0;
                    continue;
                }

                _packets[i].Counter = counter;
                BinaryPrimitives.WriteUInt64LittleEndian(batch[_slots[i]].Span[MessageFormat.Transport.Counter..], counter);
            }
        }
    }

    private void Account(in Run run, bool isSent, long now)
    {
        var peer = run.Keypair!.Peer;
        var texts = 0;
        for (var i = run.First; i < run.First + run.Count; i++)
            texts += _packets[i].Length;
        peer.Timers.AuthenticatedTraversal(now);
        peer.Timers.AuthenticatedSent();
        if (isSent)
        {
            peer.AddSent((run.Count * MessageFormat.MinimumTransportSize) + texts);
            if (texts > 0)
                peer.Timers.DataSent(now);
        }

        KeepKeyFresh(peer, now);
    }

    private void KeepKeyFresh(Peer peer, long now)
    {
        if (peer.Keypairs.Current is { MaySend: true } current
            && (current.SendCounter > ProtocolLimits.RekeyAfterMessages
                || (current.IsInitiator && now - current.CreatedAt >= (long)ProtocolLimits.RekeyAfterTime.TotalNanoseconds)))
            device.RequestHandshake(peer, now);
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

    /// <summary>Packets in a row of one session, whose keys are in use until the batch is forgotten.</summary>
    private struct Run
    {
        internal Keypair? Keypair;
        internal int First;
        internal int Count;
    }
}
