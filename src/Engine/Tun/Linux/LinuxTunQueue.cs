using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Tun;

/// <summary>
/// One descriptor of a TUN device: one packet a read(2) or write(2). Offloads (virtio_net_hdr, super-packets) will
/// change what happens inside <see cref="Read"/> and <see cref="Write"/> and nothing outside; the room before each packet is there.
/// </summary>
public sealed unsafe class LinuxTunQueue : ITunQueue
{
    private readonly LeaseGate _gate = new();
    private readonly int _descriptor;

    /// <summary>Owns the descriptor, which must be non-blocking.</summary>
    internal LinuxTunQueue(int descriptor) => _descriptor = descriptor;

    /// <summary>Ends a wait that has the descriptor in its poll set; set by the lane's I/O.</summary>
    internal Action? Waker { get; set; }

    public int Read(PacketBatch batch)
    {
        var count = 0;
        batch.Count = 0;
        if (!_gate.TryEnter())
            return 0;
        try
        {
            while (count < batch.Capacity && ReadOne(batch, count))
                count++;
            batch.Count = count;
            return count;
        }
        finally
        {
            _gate.Leave();
        }
    }

    public int Write(PacketBatch batch)
    {
        if (!_gate.TryEnter())
            return 0;
        try
        {
            var taken = 0;
            for (var i = 0; i < batch.Count; i++)
            {
                ref var slot = ref batch[i];
                if (slot.Length > 0 && WriteOne(slot.Data, (nuint)slot.Length))
                    taken++;
            }
            return taken;
        }
        finally
        {
            _gate.Leave();
        }
    }

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
        if (_gate.Shut(Waker))
            _ = Libc.Close(_descriptor);
    }

    private int Control(nuint operation, InterfaceRequest* argument)
    {
        if (!_gate.TryEnter())
            return -1;
        var result = Libc.Ioctl(_descriptor, operation, argument);
        _gate.Leave();
        return result;
    }

    private bool ReadOne(PacketBatch batch, int index)
    {
        var data = batch.ReadPosition(index);
        nint length;
        do
            length = Libc.Read(_descriptor, data, PacketBatch.MaxPacket);
        while (length < 0 && Libc.LastError == Errno.EINTR);
        if (length <= 0)
            return false;
        ref var slot = ref batch[index];
        slot.Data = data;
        slot.Length = (int)length;
        return true;
    }

    private bool WriteOne(byte* data, nuint length)
    {
        // EIO while the interface is down, EINVAL for what is no IP packet, ENOBUFS: the packet is dropped.
        nint written;
        do
            written = Libc.Write(_descriptor, data, length);
        while (written < 0 && Libc.LastError == Errno.EINTR);
        return written >= 0;
    }
}
