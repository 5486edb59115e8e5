using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

/// <summary>What happened to the network interface from outside.</summary>
public enum TunEvent
{
    /// <summary>Set administratively up: sockets open, timers start.</summary>
    Up,

    /// <summary>Set administratively down: sockets close, timers stop.</summary>
    Down,

    /// <summary>The link's MTU has another value.</summary>
    MtuChanged,

    /// <summary>The interface is gone; the engine ends.</summary>
    Removed,
}

/// <summary>
/// A layer-3 network interface whose packets the engine reads and writes. The Linux one is in Tun/Linux, a test's is
/// ChannelTun. Events come from a thread of its own and are never raised concurrently.
/// </summary>
public interface ITunDevice : IDisposable
{
    string Name { get; }

    /// <summary>Those of the link and of routes into it now; may change while running.</summary>
    PathMtus Mtus { get; }

    /// <summary>One queue a lane.</summary>
    IReadOnlyList<ITunQueue> Queues { get; }

    event Action<TunEvent>? Changed;
}

/// <summary>One lane's share of a TUN device. Used by that lane's thread only; never blocks.</summary>
public interface ITunQueue
{
    /// <summary>
    /// Fills the batch with waiting IP packets, at most its capacity: sets Count and each slot's Data and Length.
    /// Returns Count; 0 when nothing waits or the interface is gone (that comes as <see cref="TunEvent.Removed"/>).
    /// </summary>
    int Read(PacketBatch batch);

    /// <summary>
    /// Writes every slot of non-zero length, in order. Room of <see cref="PacketBatch.Headroom"/> minus 16 bytes lies before each.
    /// Returns how many the kernel took; those it refused are dropped, as a full queue drops.
    /// </summary>
    int Write(PacketBatch batch);
}
