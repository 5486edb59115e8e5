using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireGuard.Engine.Packets;

/// <summary>
/// One packet of a <see cref="PacketBatch"/>: where its bytes begin inside its buffer and how many they are.
/// Length 0 means "nothing here": writers skip it.
/// </summary>
public unsafe struct PacketSlot
{
    /// <summary>First byte of the packet; at least <see cref="PacketBatch.Headroom"/> bytes of the buffer lie before it when it was just read.</summary>
    public byte* Data;

    /// <summary>Bytes from <see cref="Data"/> on.</summary>
    public int Length;

    /// <summary>UDP side only: whom it came from and on which local address, or where it goes and from which.</summary>
    public UdpEndpoint Endpoint;

    public readonly Span<byte> Span => new(Data, Length);
}

/// <summary>
/// A fixed set of packet buffers in native memory that belongs to one lane and one direction. A TUN or UDP read fills
/// slots 0..Count-1, the lane works on the bytes in place, and the same batch is handed to the other side's write.
/// One thread at a time; never shared between lanes. Pages are touched only as far as packets reach, so a batch of
/// small packets costs little memory although each buffer can hold the largest datagram.
/// </summary>
public sealed unsafe class PacketBatch : IDisposable
{
    /// <summary>Packets of one batch: what one recvmmsg or sendmmsg carries.</summary>
    public const int DefaultCapacity = 128;

    /// <summary>
    /// Bytes free before a packet that was just read from the TUN, for the transport header (16) and a virtio_net_hdr
    /// (up to 12, later). UDP reads leave the same room.
    /// </summary>
    public const int Headroom = 32;

    /// <summary>Bytes free behind the largest packet: padding (15) and tag (16), and vector stores past the end.</summary>
    public const int Tailroom = 96;

    /// <summary>Largest packet: a 64 KiB IP packet or datagram.</summary>
    public const int MaxPacket = 65_535;

    private const int Stride = ((Headroom + MaxPacket + Tailroom + 4095) / 4096 * 4096) + 4096;

    private readonly PacketSlot* _slots;
    private byte* _memory;

    public PacketBatch(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(capacity * (long)Stride), 4096);
        _slots = (PacketSlot*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(PacketSlot));
    }

    public int Capacity { get; }

    /// <summary>Slots in use; set by whoever fills the batch.</summary>
    public int Count { get; set; }

    /// <summary>The slot's content; the reference is valid as long as the batch.</summary>
    public ref PacketSlot this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)Capacity)
                ThrowIndex();
            return ref _slots[index];
        }
    }

    /// <summary>Where a read puts its bytes: <see cref="Headroom"/> bytes into buffer <paramref name="index"/>; room for <see cref="MaxPacket"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* ReadPosition(int index) => BufferStart(index) + Headroom;

    private byte* BufferStart(int index)
    {
        if ((uint)index >= (uint)Capacity)
            ThrowIndex();
        // A page's worth of offset per buffer keeps the packets of a batch from all falling on the same cache sets.
        return _memory + ((long)index * Stride) + (index % 32 * 64);
    }

    private static void ThrowIndex() => throw new ArgumentOutOfRangeException(nameof(Capacity), "No such slot in the batch.");

    public void Dispose()
    {
        if (_memory is null)
            return;
        NativeMemory.AlignedFree(_memory);
        NativeMemory.Free(_slots);
        _memory = null;
    }
}
