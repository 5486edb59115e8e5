using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Offload;

namespace WireGuard.Engine.Tun;

/// <summary>
/// One descriptor of a TUN device. With a virtio_net_hdr before each packet, a read(2) brings up to 64 KiB of one flow, which
/// is cut into the batch's slots, and a writev(2) takes as much; without, each carries one packet.
/// </summary>
public sealed unsafe partial class LinuxTunQueue : ITunQueue
{
    private readonly LeaseGate _gate = new();
    private readonly int _descriptor;
    private readonly TunFeatures _features;

    /// <summary>Owns the descriptor, which must be non-blocking.</summary>
    internal LinuxTunQueue(int descriptor, TunFeatures features)
    {
        _descriptor = descriptor;
        _features = features;
        _joiner = new PacketJoiner(features.Udp);
    }

    /// <summary>Ends a wait that has the descriptor in its poll set; set by the lane's I/O.</summary>
    internal Action? Waker { get; set; }

    /// <summary>A poll just found nothing to read: the next <see cref="Read"/>, and no other, need not ask. The lane's thread only.</summary>
    internal bool IsKnownEmpty { get; set; }

    /// <summary>Lends the descriptor to a poll; <see cref="Return"/> must follow unless it gave -1 (closed).</summary>
    internal int Borrow() => _gate.TryEnter() ? _descriptor : -1;

    internal void Return() => _gate.Leave();

    /// <summary>
    /// Whether the device behind the descriptor is there still, in whatever namespace, and its name and flags.
    /// An ioctl on a device that was deleted fails with EBADFD.
    /// </summary>
    internal bool TryGetInterface(out InterfaceRequest request)
    {
        var result = default(InterfaceRequest);
        var there = Control(Libc.TUNGETIFF, &result) >= 0;
        request = result;
        return there;
    }

    /// <summary>A new descriptor of the network namespace that the device is in now; -1 and errno on failure.</summary>
    internal int OpenNetworkNamespace() => Control(Libc.TUNGETDEVNETNS, null);

    /// <summary>The interface goes with its last descriptor.</summary>
    internal void Close()
    {
        if (!_gate.Shut(Waker))
            return;
        _ = Libc.Close(_descriptor);
        NativeMemory.Free(_superMemory);
    }

    private int Control(nuint operation, InterfaceRequest* argument)
    {
        if (!_gate.TryEnter())
            return -1;
        var result = Libc.Ioctl(_descriptor, operation, argument);
        _gate.Leave();
        return result;
    }
}
