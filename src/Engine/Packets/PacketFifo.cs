namespace WireGuard.Engine.Packets;

/// <summary>
/// A bounded queue of packets in memory, behind the test doubles of TUN and UDP. Buffers are kept and used again, so
/// that a warm queue allocates nothing. Any thread. When full, the newest is dropped, as a socket buffer does.
/// </summary>
internal sealed class PacketFifo(int capacity = 4096)
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _waiting = new();
    private readonly Stack<byte[]> _spare = new();

    internal int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    internal bool Add(ReadOnlySpan<byte> packet, in UdpEndpoint endpoint)
    {
        lock (_lock)
        {
            if (_waiting.Count >= capacity)
                return false;
            var buffer = _spare.TryPop(out var spare) && spare.Length >= packet.Length ? spare : new byte[Math.Max(2048, packet.Length)];
            packet.CopyTo(buffer);
            _waiting.Enqueue(new Entry(buffer, packet.Length, endpoint));
            return true;
        }
    }

    internal int TryTake(Span<byte> destination, out UdpEndpoint endpoint)
    {
        lock (_lock)
        {
            endpoint = default;
            if (!_waiting.TryDequeue(out var entry))
                return -1;
            entry.Buffer.AsSpan(0, entry.Length).CopyTo(destination);
            endpoint = entry.Endpoint;
            _spare.Push(entry.Buffer);
            return entry.Length;
        }
    }

    /// <summary>Moves packets into a batch; returns how many.</summary>
    internal unsafe int Fill(PacketBatch batch)
    {
        var count = 0;
        while (count < batch.Capacity)
        {
            ref var slot = ref batch[count];
            slot.Data = batch.ReadPosition(count);
            slot.Length = TryTake(new Span<byte>(slot.Data, PacketBatch.MaxPacket), out slot.Endpoint);
            if (slot.Length < 0)
                break;
            count++;
        }

        batch.Count = count;
        return count;
    }

    /// <summary>Copies a batch's packets in; returns how many there was room for.</summary>
    internal int Drain(PacketBatch batch)
    {
        var count = 0;
        for (var i = 0; i < batch.Count; i++)
            if (batch[i].Length > 0 && Add(batch[i].Span, batch[i].Endpoint))
                count++;
        return count;
    }

    internal void Clear()
    {
        lock (_lock)
        {
            _waiting.Clear();
            _spare.Clear();
        }
    }

    private readonly record struct Entry(byte[] Buffer, int Length, UdpEndpoint Endpoint);
}
