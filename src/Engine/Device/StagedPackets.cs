using System.Buffers;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>
/// Packets of one peer that wait for a session, oldest first, at most <see cref="ProtocolLimits.MaxStagedPackets"/>:
/// one more pushes the oldest out. Holds copies in pooled arrays. Any thread.
/// </summary>
internal sealed class StagedPackets
{
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Buffer, int Length)> _packets = new();
    private volatile int _count;

    /// <summary>Read without the lock: a hint that is right for whoever has just added.</summary>
    internal int Count => _count;

    /// <summary>True when an older packet had to go.</summary>
    internal bool Add(ReadOnlySpan<byte> packet)
    {
        var buffer = packet.IsEmpty ? [] : ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(buffer);
        lock (_lock)
        {
            var isFull = _packets.Count >= ProtocolLimits.MaxStagedPackets;
            if (isFull)
                Return(_packets.Dequeue().Buffer);
            _packets.Enqueue((buffer, packet.Length));
            _count = _packets.Count;
            return isFull;
        }
    }

    /// <summary>Copies the oldest packet out and returns its length, or -1 when none waits.</summary>
    internal int TryTake(Span<byte> destination)
    {
        lock (_lock)
        {
            if (!_packets.TryDequeue(out var packet))
                return -1;
            _count = _packets.Count;
            packet.Buffer.AsSpan(0, packet.Length).CopyTo(destination);
            Return(packet.Buffer);
            return packet.Length;
        }
    }

    /// <summary>Drops all of them; returns how many.</summary>
    internal int Clear()
    {
        lock (_lock)
        {
            var count = _packets.Count;
            while (_packets.TryDequeue(out var packet))
                Return(packet.Buffer);
            _count = 0;
            return count;
        }
    }

    // Packets are other people's plaintext: none of it stays in a pool.
    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
    }
}
