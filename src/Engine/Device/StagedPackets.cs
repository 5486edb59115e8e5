using System.Buffers;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>
/// Packets of one peer that wait for a session, oldest first, at most <see cref="ProtocolLimits.MaxStagedPackets"/>:
/// one more pushes the oldest out. Holds copies in pooled arrays. Any thread; who sends what waits holds <see cref="Sending"/>
/// from the first look until the last packet is with the socket, so that two threads never send out of order.
/// </summary>
internal sealed class StagedPackets
{
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Buffer, int Length)> _packets = new();
    private long _oldest;
    private bool _isLeaving;
    private volatile int _count;
    private volatile bool _isInUse;

    /// <summary>Held for microseconds, and only while a session begins or a keepalive goes out.</summary>
    internal Lock Sending { get; } = new();

    /// <summary>Read without the lock: a hint that is right for whoever has just added.</summary>
    internal int Count => _count;

    /// <summary>Packets wait, or are between here and the socket: one that came later must not go before them.</summary>
    internal bool IsInUse => _isInUse;

    /// <summary>True when an older packet had to go.</summary>
    internal bool Add(ReadOnlySpan<byte> packet)
    {
        var buffer = packet.IsEmpty ? [] : ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(buffer);
        lock (_lock)
        {
            var isFull = _packets.Count >= ProtocolLimits.MaxStagedPackets;
            if (isFull)
                Drop();
            _packets.Enqueue((buffer, packet.Length));
            Tell();
            return isFull;
        }
    }

    /// <summary>Copies the oldest packet out, which stays, and returns its length, or -1 when none waits.</summary>
    /// <param name="number">What <see cref="Remove"/> wants.</param>
    internal int TryPeek(Span<byte> destination, out long number)
    {
        lock (_lock)
        {
            number = _oldest;
            if (!_packets.TryPeek(out var packet))
                return -1;
            packet.Buffer.AsSpan(0, packet.Length).CopyTo(destination);
            return packet.Length;
        }
    }

    /// <summary>The packet of that number, the oldest, is on its way to the socket until <see cref="AllLeft"/>.</summary>
    internal void Remove(long number)
    {
        lock (_lock)
        {
            _isLeaving = true;
            // It may have been pushed out in the meantime.
            if (_oldest == number && _packets.Count > 0)
                Drop();
            Tell();
        }
    }

    /// <summary>The socket has what was removed.</summary>
    internal void AllLeft()
    {
        lock (_lock)
        {
            _isLeaving = false;
            Tell();
        }
    }

    /// <summary>Drops all of them; returns how many.</summary>
    internal int Clear()
    {
        lock (_lock)
        {
            var count = _packets.Count;
            while (_packets.Count > 0)
                Drop();
            Tell();
            return count;
        }
    }

    // Packets are other people's plaintext: none of it stays in a pool.
    private void Drop()
    {
        var buffer = _packets.Dequeue().Buffer;
        _oldest++;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
    }

    private void Tell()
    {
        _count = _packets.Count;
        _isInUse = _isLeaving || _packets.Count > 0;
    }
}
