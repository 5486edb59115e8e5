using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Offload;

/// <summary>
/// A packet of up to 64 KiB that the kernel left to us to cut (TSO, USO), and how far it has been cut. Each segment becomes an
/// IP packet as the kernel would have made it: its own length, IPv4 identification, sequence number, flags and checksums.
/// </summary>
internal unsafe struct SuperPacket
{
    /// <summary>Longest headers that are cut; the kernel makes none near it.</summary>
    public const int MaxHeaders = 256;

    private readonly byte* _headers;
    private readonly int _transportStart;
    private readonly int _headerLength;
    private readonly int _segmentSize;
    private readonly bool _isIPv4;
    private readonly bool _isTcp;
    private byte* _payload;
    private int _left;
    private int _index;

    private SuperPacket(byte* packet, int length, in VirtioHeader header, bool isTcp, int headerLength, byte* headers)
    {
        _headers = headers;
        _transportStart = header.ChecksumStart;
        _headerLength = headerLength;
        _segmentSize = header.SegmentSize;
        _isIPv4 = *packet >> 4 == 4;
        _isTcp = isTcp;
        _payload = packet + headerLength;
        _left = length - headerLength;
        Unsafe.CopyBlockUnaligned(headers, packet, (uint)headerLength);
    }

    public readonly bool IsDone => _left == 0;

    /// <summary>Payload that is not in a segment yet, where it lies.</summary>
    public readonly ReadOnlySpan<byte> Rest => new(_payload, _left);

    /// <summary>False for what is none: wrong lengths, another protocol. Nobody can send such a packet on.</summary>
    /// <param name="header">What the kernel put before the packet.</param>
    /// <param name="headers">Memory of <see cref="MaxHeaders"/> bytes for the packet's headers, in use until it is done.</param>
    public static bool TryBegin(byte* packet, int length, in VirtioHeader header, byte* headers, out SuperPacket super)
    {
        super = default;
        var start = header.ChecksumStart;
        var type = header.Type & ~VirtioHeader.CongestionBit;
        var isIPv4 = type == VirtioHeader.TcpIPv4 || (type == VirtioHeader.Udp && length > 0 && *packet >> 4 == 4);
        var minimum = start + (type == VirtioHeader.Udp ? IpHeaders.UdpHeader : IpHeaders.TcpMinimum);
        if (type is not (VirtioHeader.TcpIPv4 or VirtioHeader.TcpIPv6 or VirtioHeader.Udp) || header.SegmentSize == 0
            || start < (isIPv4 ? IpHeaders.IPv4 : IpHeaders.IPv6) || length <= minimum || *packet >> 4 != (isIPv4 ? 4 : 6))
            return false;
        if (isIPv4 && (*packet & 0xF) * 4 != start)
            return false;
        var headerLength = type == VirtioHeader.Udp ? minimum : start + IpHeaders.TcpHeaderLength(packet + start);
        if (headerLength < minimum || headerLength >= length || headerLength > MaxHeaders)
            return false;
        super = new SuperPacket(packet, length, in header, type != VirtioHeader.Udp, headerLength, headers);
        return true;
    }

    /// <summary>Tells that the rest has been moved.</summary>
    public void MoveRest(byte* to) => _payload = to;

    /// <summary>
    /// Writes the next segment and returns its length. The first may be written over the packet itself: its payload is in
    /// place then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int WriteNext(byte* destination)
    {
        var size = Math.Min(_segmentSize, _left);
        var length = _headerLength + size;
        Unsafe.CopyBlockUnaligned(destination, _headers, (uint)_headerLength);
        if (destination + _headerLength != _payload)
            Unsafe.CopyBlockUnaligned(destination + _headerLength, _payload, (uint)size);
        _payload += size;
        _left -= size;

        IpHeaders.WriteLength(destination, _isIPv4, length);
        if (_isIPv4)
        {
            IpHeaders.Write16(destination + IpHeaders.IPv4Identification, IpHeaders.Read16(destination + IpHeaders.IPv4Identification) + _index);
            OnesComplement.SealIPv4(destination, _transportStart);
        }
        var transport = destination + _transportStart;
        if (_isTcp)
            WriteTcp(transport);
        else
            IpHeaders.Write16(transport + IpHeaders.UdpLength, IpHeaders.UdpHeader + size);
        Seal(destination, transport, length - _transportStart);
        _index++;
        return length;
    }

    private readonly void WriteTcp(byte* tcp)
    {
        IpHeaders.Write32(tcp + IpHeaders.TcpSequence, IpHeaders.Read32(tcp + IpHeaders.TcpSequence) + (uint)(_index * _segmentSize));
        if (_index > 0)
            tcp[IpHeaders.TcpFlags] &= unchecked((byte)~IpHeaders.Cwr);
        if (_left > 0)
            tcp[IpHeaders.TcpFlags] &= unchecked((byte)~(IpHeaders.Fin | IpHeaders.Psh));
    }

    private readonly void Seal(byte* ip, byte* transport, int length)
    {
        var field = transport + (_isTcp ? IpHeaders.TcpChecksum : IpHeaders.UdpChecksum);
        Unsafe.WriteUnaligned<ushort>(field, 0);
        var sum = OnesComplement.PseudoHeader(ip, _isTcp ? IpHeaders.Tcp : IpHeaders.Udp, length) + OnesComplement.Sum(transport, length);
        PartialChecksum.Write(field, sum);
    }
}
