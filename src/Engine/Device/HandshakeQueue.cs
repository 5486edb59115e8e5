using System.Diagnostics.CodeAnalysis;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>What the lane knew of a message: whence it came, who found its mac1 valid, and whether its source sends too many.</summary>
internal readonly record struct QueuedMessage(UdpEndpoint From, CookieChecker? CheckedBy, bool IsSourceLoaded);

/// <summary>
/// Handshake messages and requests on their way from the lanes to the worker: a ring of fixed size, allocated once.
/// When it is full, or holds a source's share of its messages, messages are dropped; the device's own initiations wait in
/// a queue of their own.
/// </summary>
internal sealed class HandshakeQueue
{
    // Two sources that flood, less one message, stay below the eighth that puts the whole device under load.
    private const int Shares = 16;

    private readonly Lock _lock = new();
    private readonly Entry[] _ring;
    private readonly SourceLedger _sources;
    private readonly Queue<Peer> _initiations = new();
    private readonly Queue<Peer> _flushes = new();
    private readonly AutoResetEvent _signal = new(false);
    private int _head;
    private int _count;

    internal HandshakeQueue(int capacity = ProtocolLimits.MaxQueuedHandshakes)
    {
        _ring = new Entry[capacity];
        _sources = new SourceLedger(capacity / Shares);
        for (var i = 0; i < capacity; i++)
            _ring[i].Message = new byte[MessageFormat.InitiationSize];
    }

    /// <summary>Messages waiting.</summary>
    internal int Count => Volatile.Read(ref _count);

    internal int Capacity => _ring.Length;

    /// <summary>
    /// Whether a message of this source is worth looking at: there is room for it, and its source does not send more than
    /// we would answer. Spares a flood's messages everything that comes before adding them.
    /// </summary>
    /// <param name="mayHaveCookie">Whether mac2 is anything but zeros.</param>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool IsWorthALook(in UdpEndpoint from, bool mayHaveCookie, long now)
    {
        var source = _sources.IndexOf(from);
        lock (_lock)
            return _count < _ring.Length && !_sources.HasItsShare(source) && _sources.TryLook(source, mayHaveCookie, now);
    }

    /// <summary>Copies a message in; false when the queue is full or the source has its share of it.</summary>
    /// <param name="checkedBy">Who found mac1 valid; null for a cookie reply, which has none and does not count for its source's load.</param>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal bool TryAddMessage(ReadOnlySpan<byte> message, in UdpEndpoint from, CookieChecker? checkedBy, long now)
    {
        var source = _sources.IndexOf(from);
        lock (_lock)
        {
            if (_count == _ring.Length || _sources.HasItsShare(source))
                return false;
            _sources.MessageQueued(source);
            ref var entry = ref _ring[(_head + _count) % _ring.Length];
            message.CopyTo(entry.Message);
            entry.Length = message.Length;
            entry.From = from;
            entry.Source = source;
            entry.CheckedBy = checkedBy;
            entry.IsSourceLoaded = checkedBy is not null && _sources.Charge(source, now);
            // Who finds others waiting need not wake the worker again: that would be a system call for each message.
            if (_count++ > 0)
                return true;
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
    internal int TryTakeMessage(Span<byte> destination, out QueuedMessage about)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                about = default;
                return -1;
            }

            ref var entry = ref _ring[_head];
            entry.Message.AsSpan(0, entry.Length).CopyTo(destination);
            about = new QueuedMessage(entry.From, entry.CheckedBy, entry.IsSourceLoaded);
            entry.CheckedBy = null;
            _sources.MessageTaken(entry.Source);
            _head = (_head + 1) % _ring.Length;
            _count--;
            return entry.Length;
        }
    }

    /// <summary>Sleeps until something is added, <see cref="Wake"/> is called, or the time is over.</summary>
    // The system cuts milliseconds off, and would return at once, again and again, in the last one.
    internal void Wait(TimeSpan timeout) => _signal.WaitOne((int)Math.Ceiling(timeout.TotalMilliseconds));

    internal void Wake() => _signal.Set();

    private struct Entry
    {
        internal byte[] Message;
        internal int Length;
        internal UdpEndpoint From;
        internal int Source;
        internal CookieChecker? CheckedBy;
        internal bool IsSourceLoaded;
    }
}
