using System.Diagnostics.CodeAnalysis;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>
/// Handshake messages and requests on their way from the lanes to the worker: a ring of fixed size, allocated once.
/// When it is full, messages are dropped; the device's own initiations wait in a queue of their own.
/// </summary>
internal sealed class HandshakeQueue
{
    private readonly Lock _lock = new();
    private readonly Entry[] _ring;
    private readonly Queue<Peer> _initiations = new();
    private readonly Queue<Peer> _flushes = new();
    private readonly AutoResetEvent _signal = new(false);
    private int _head;
    private int _count;

    internal HandshakeQueue(int capacity = ProtocolLimits.MaxQueuedHandshakes)
    {
        _ring = new Entry[capacity];
        for (var i = 0; i < capacity; i++)
            _ring[i].Message = new byte[MessageFormat.InitiationSize];
    }

    /// <summary>Messages waiting.</summary>
    internal int Count => Volatile.Read(ref _count);

    internal int Capacity => _ring.Length;

    /// <summary>Copies a message in; false when the queue is full.</summary>
    internal bool TryAddMessage(ReadOnlySpan<byte> message, in UdpEndpoint from)
    {
        lock (_lock)
        {
            if (_count == _ring.Length)
                return false;
            ref var entry = ref _ring[(_head + _count) % _ring.Length];
            message.CopyTo(entry.Message);
            entry.Length = message.Length;
            entry.From = from;
            _count++;
        }

        _signal.Set();
        return true;
    }

    /// <summary>Asks for an initiation to the peer.</summary>
    internal void AddInitiation(Peer peer)
    {
        lock (_lock)
            _initiations.Enqueue(peer);
        _signal.Set();
    }

    /// <summary>Asks the worker to send what waits at the peer.</summary>
    internal void AddFlush(Peer peer)
    {
        lock (_lock)
            _flushes.Enqueue(peer);
        _signal.Set();
    }

    internal bool TryTakeFlush([NotNullWhen(true)] out Peer? peer)
    {
        lock (_lock)
            return _flushes.TryDequeue(out peer);
    }

    internal bool TryTakeInitiation([NotNullWhen(true)] out Peer? peer)
    {
        lock (_lock)
            return _initiations.TryDequeue(out peer);
    }

    /// <summary>Copies the oldest message out and returns its length, or -1 when none waits.</summary>
    /// <param name="destination">At least 148 bytes.</param>
    internal int TryTakeMessage(Span<byte> destination, out UdpEndpoint from)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                from = default;
                return -1;
            }

            ref var entry = ref _ring[_head];
            entry.Message.AsSpan(0, entry.Length).CopyTo(destination);
            from = entry.From;
            _head = (_head + 1) % _ring.Length;
            _count--;
            return entry.Length;
        }
    }

    /// <summary>Sleeps until something is added, <see cref="Wake"/> is called, or the time is over.</summary>
    internal void Wait(TimeSpan timeout) => _signal.WaitOne(timeout);

    internal void Wake() => _signal.Set();

    private struct Entry
    {
        internal byte[] Message;
        internal int Length;
        internal UdpEndpoint From;
    }
}
