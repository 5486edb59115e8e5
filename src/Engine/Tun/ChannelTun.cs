using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

/// <summary>
/// A TUN device in memory: a program plays the host's network stack by <see cref="Inject"/> and <see cref="TryTake"/>.
/// For tests and for the demo where no real device can be made. Thread-safe; allocates nothing once warm. With several
/// queues, each flow has one of them.
/// </summary>
public sealed class ChannelTun : ITunDevice
{
    private readonly Queue[] _queues;
    private readonly PacketFifo _fromEngine = new();
    private volatile PathMtus _mtus;

    public ChannelTun(string name = "wg0", int mtu = 1420, int queues = 1)
    {
        Name = name;
        _mtus = new PathMtus(mtu);
        _queues = new Queue[queues];
        for (var i = 0; i < queues; i++)
            _queues[i] = new Queue(this);
        Queues = _queues;
    }

    /// <inheritdoc/>
    public event Action<TunEvent>? Changed;

    /// <summary>A packet was injected or delivered; raised on the thread that did it.</summary>
    public event Action? Activity;

    public string Name { get; }

    public PathMtus Mtus => _mtus;

    public IReadOnlyList<ITunQueue> Queues { get; }

    /// <summary>Packets that the engine delivered and nobody has taken.</summary>
    public int Delivered => _fromEngine.Count;

    /// <summary>Packets injected that the engine has not read.</summary>
    public int Waiting
    {
        get
        {
            var count = 0;
            foreach (var queue in _queues)
                count += queue.Waiting.Count;
            return count;
        }
    }

    /// <summary>Sends a packet into the tunnel, as a program on the host would.</summary>
    public void Inject(ReadOnlySpan<byte> packet)
    {
        _queues[_queues.Length == 1 ? 0 : Flow(packet) % _queues.Length].Waiting.Add(packet, default);
        Activity?.Invoke();
    }

    /// <summary>Takes the oldest packet that came out of the tunnel; its length, or -1 when there is none.</summary>
    public int TryTake(Span<byte> destination) => _fromEngine.TryTake(destination, out _);

    /// <summary>As <see cref="TryTake"/>, as an array of its own; null when there is none.</summary>
    public byte[]? TakeOrNull()
    {
        Span<byte> buffer = stackalloc byte[PacketBatch.MaxPacket];
        var length = TryTake(buffer);
        return length < 0 ? null : buffer[..length].ToArray();
    }

    /// <summary>Plays a link event, as the system would.</summary>
    public void Raise(TunEvent change) => Changed?.Invoke(change);

    /// <summary>Changes the MTU as an administrator would.</summary>
    /// <param name="ofRoutes">And those of routes.</param>
    public void SetMtu(int mtu, params IEnumerable<int> ofRoutes)
    {
        _mtus = new PathMtus(mtu, ofRoutes);
        Raise(TunEvent.MtuChanged);
    }

    public void Dispose()
    {
        foreach (var queue in _queues)
            queue.Waiting.Clear();
        _fromEngine.Clear();
    }

    // Addresses and ports of plain IPv4 or IPv6, as far as the packet has them.
    private static int Flow(ReadOnlySpan<byte> packet)
    {
        var hash = 17;
        for (var i = packet.Length > 0 && packet[0] >> 4 == 6 ? 8 : 12; i < Math.Min(packet.Length, packet[0] >> 4 == 6 ? 44 : 24); i++)
            hash = (hash * 31) + packet[i];
        return hash & int.MaxValue;
    }

    private sealed class Queue(ChannelTun tun) : ITunQueue
    {
        internal PacketFifo Waiting { get; } = new();

        public int Read(PacketBatch batch) => Waiting.Fill(batch);

        public int Write(PacketBatch batch)
        {
            var written = tun._fromEngine.Drain(batch);
            if (written > 0)
                tun.Activity?.Invoke();
            return written;
        }
    }
}
