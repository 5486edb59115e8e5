using System.Runtime.InteropServices;

namespace WireGuard.Engine.Offload;

/// <summary>struct virtio_net_hdr as a TUN device with IFF_VNET_HDR puts it before each packet, in the host's byte order.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VirtioHeader
{
    /// <summary>Bytes of it; a device may be told to leave room for more behind it.</summary>
    public const int Size = 10;

    /// <summary>The transport checksum holds the sum of the pseudo header only and is to be completed.</summary>
    public const byte NeedsChecksum = 1;

    public const byte NoSegments = 0;
    public const byte TcpIPv4 = 1;
    public const byte TcpIPv6 = 4;
    public const byte Udp = 5;

    /// <summary>Or-ed to the type: the first segment carries CWR.</summary>
    public const byte CongestionBit = 0x80;

    public byte Flags;

    public byte Type;

    /// <summary>Bytes of all headers: a hint.</summary>
    public ushort HeaderLength;

    /// <summary>Payload bytes of a segment.</summary>
    public ushort SegmentSize;

    /// <summary>Where the sum begins, from the packet's first byte.</summary>
    public ushort ChecksumStart;

    /// <summary>Where it is put, from there.</summary>
    public ushort ChecksumOffset;
}
