using WireGuard.Engine.Cookie;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>
/// Another protocol on the tunnel's port, told by its datagrams' first byte, which no WireGuard message begins with. Lanes
/// put what comes into a ring of fixed size, and drop what has no room; whoever speaks the protocol takes it out on a thread of
/// its own and answers by the same port. While it does not listen, lanes drop its datagrams as they drop any other.
/// </summary>
public sealed unsafe class PortGuest : IDisposable
{
    /// <summary>Waiting at once, and of one source a sixteenth: a client has one under way.</summary>
    internal const int Capacity = 128;

    /// <summary>Of all sources together; more would only take time from the tunnel.</summary>
    internal const int PerSecond = 5000;

    private const int Shares = 16;
    private const long Cost = 1_000_000_000 / PerSecond;

    private readonly Lock _lock = new();
    private readonly Entry[] _ring = new Entry[Capacity];
    private readonly SourceLedger _sources = new(Capacity / Shares, size: 1024);
    private readonly AutoResetEvent _signal = new(false);
    private readonly PacketBatch _answer = new(capacity: 1);
    private readonly IUdpSocket _socket;
    private readonly int _longest;
    private volatile bool _isListening;
    private long _wholeAt = long.MinValue / 2;
    private int _head;
    private int _count;

    internal PortGuest(byte firstByte, int longest, IUdpSocket socket)
    {
        FirstByte = firstByte;
        _longest = longest;
        _socket = socket;
        for (var i = 0; i < _ring.Length; i++)
            _ring[i].Datagram = new byte[longest];
    }

    internal byte FirstByte { get; }

    /// <summary>Whether there is anything to be said to anybody; any thread.</summary>
    public bool IsListening
    {
        get => _isListening;
        set => _isListening = value;
    }

    /// <summary>Sleeps until something comes, <see cref="Wake"/> is called, or the time is over.</summary>
    public void Wait(TimeSpan timeout) => _signal.WaitOne(timeout);

    public void Wake() => _signal.Set();

    /// <summary>Copies the oldest datagram out and returns its length, or -1 when none waits.</summary>
    /// <param name="datagram">As long as the longest.</param>
    public int TryTake(Span<byte> datagram, out UdpEndpoint from)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                from = default;
                return -1;
            }

            ref var entry = ref _ring[_head];
            entry.Datagram.AsSpan(0, entry.Length).CopyTo(datagram);
            from = entry.From;
            _sources.MessageTaken(entry.Source);
            _head = (_head + 1) % _ring.Length;
            _count--;
            return entry.Length;
        }
    }

    /// <summary>Sends a datagram back by the way that the other came, from the address that it was sent to. One thread at a time.</summary>
    public void Answer(ReadOnlySpan<byte> datagram, in UdpEndpoint to)
    {
        ref var slot = ref _answer[0];
        slot.Data = _answer.ReadPosition(0);
        slot.Length = datagram.Length;
        slot.Endpoint = to with { TrafficClass = 0 };
        datagram.CopyTo(slot.Span);
        _answer.Count = 1;
        _socket.Send(_answer);
    }

    public void Dispose()
    {
        _isListening = false;
        _answer.Dispose();
        // Not the signal: a lane may be about to set it.
    }

    /// <summary>Takes a datagram from a lane.</summary>
    /// <param name="now">Monotonic nanoseconds.</param>
    internal void Add(ReadOnlySpan<byte> datagram, in UdpEndpoint from, long now)
    {
        if (!_isListening || datagram.Length > _longest)
            return;
        var source = _sources.IndexOf(from);
        lock (_lock)
        {
            if (_count == _ring.Length || _sources.HasItsShare(source) || !_sources.TryTake(source, now) || !TrySpend(now))
                return;
            _sources.MessageQueued(source);
            ref var entry = ref _ring[(_head + _count) % _ring.Length];
            datagram.CopyTo(entry.Datagram);
            entry.Length = datagram.Length;
            entry.From = from;
            entry.Source = source;
            // Who finds others waiting need not wake anybody again.
            if (_count++ > 0)
                return;
        }

        _signal.Set();
    }

    private bool TrySpend(long now)
    {
        var from = Math.Max(_wholeAt, now);
        if (from + Cost > now + (Capacity * Cost))
            return false;
        _wholeAt = from + Cost;
        return true;
    }

    private struct Entry
    {
        internal byte[] Datagram;
        internal int Length;
        internal UdpEndpoint From;
        internal int Source;
    }
}
