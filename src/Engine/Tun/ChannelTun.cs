using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

/// <summary>
/// A TUN device in memory: a program plays the host's network stack by <see cref="Inject"/> and <see cref="TryTake"/>.
/// For tests and for the demo where no real device can be made. Thread-safe; allocates nothing once warm.
/// </summary>
public sealed class ChannelTun : ITunDevice, ITunQueue
{
    private readonly PacketFifo _toEngine = new();
    private readonly PacketFifo _fromEngine = new();
    private volatile PathMtus _mtus;

    public ChannelTun(string name = "wg0", int mtu = 1420)
    {
        Name = name;
        _mtus = new PathMtus(mtu);
        Queues = [this];
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
    public int Waiting => _toEngine.Count;

    /// <summary>Sends a packet into the tunnel, as a program on the host would.</summary>
    public void Inject(ReadOnlySpan<byte> packet)
    {
        _toEngine.Add(packet, default);
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

    int ITunQueue.Read(PacketBatch batch) => _toEngine.Fill(batch);

    int ITunQueue.Write(PacketBatch batch)
    {
        var written = _fromEngine.Drain(batch);
        if (written > 0)
            Activity?.Invoke();
        return written;
    }

    public void Dispose()
    {
        _toEngine.Clear();
        _fromEngine.Clear();
    }
}
