using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Offload;

/// <summary>
/// Joins consecutive IP packets of one TCP or UDP flow into a super-packet, as a network driver's receive offload does. Only
/// packets join that cutting the super-packet again would give back byte for byte, right checksums included; the rest of
/// each stays where it is, for the caller to gather. One thread at a time.
/// </summary>
internal sealed unsafe class PacketJoiner
{
    /// <summary>Packets of one super-packet.</summary>
    public const int MaxPackets = 64;

    /// <summary>IPv6 and TCP with all its options.</summary>
    private const int MaxHeaders = IpHeaders.IPv6 + 60;

    private const int MaxLength = 65_535;

    /// <summary>All but "don't fragment": reserved bit, more fragments, offset.</summary>
    private const ushort FragmentBits = 0xBFFF;

    private const byte Ece = 0x40;

    private readonly bool _joinsUdp;
    private readonly byte[] _headers = new byte[MaxHeaders];
    private byte* _first;
    private int _start;
    private int _segmentSize;
    private int _length;
    private uint _nextSequence;
    private byte _lastFlags;
    private bool _isTcp;
    private bool _isOpen;
    private bool _isVerified;

    /// <param name="joinsUdp">Whether the kernel takes UDP super-packets.</param>
    public PacketJoiner(bool joinsUdp) => _joinsUdp = joinsUdp;

    /// <summary>Packets in the group; 0: none was begun.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes before the payload, in each packet of the group.</summary>
    public int HeaderLength { get; private set; }

    private bool IsIPv4 => *_first >> 4 == 4;

    private byte Protocol => _isTcp ? IpHeaders.Tcp : IpHeaders.Udp;

    public void Clear() => Count = 0;

    /// <summary>Begins a group with any packet.</summary>
    public void Begin(byte* packet, int length)
    {
        _first = packet;
        _length = length;
        Count = 1;
        _isVerified = false;
        _isOpen = TryParse(packet, length);
        if (!_isOpen)
            return;
        _segmentSize = length - HeaderLength;
        if (!_isTcp)
            return;
        _nextSequence = IpHeaders.Read32(packet + _start + IpHeaders.TcpSequence) + (uint)_segmentSize;
        _lastFlags = packet[_start + IpHeaders.TcpFlags];
        _isOpen = (_lastFlags & IpHeaders.Psh) == 0;
    }

    /// <summary>Adds a packet; its payload follows the group's. False: it does not belong here.</summary>
    public bool TryJoin(byte* packet, int length)
    {
        var size = length - HeaderLength;
        if (!_isOpen || size <= 0 || size > _segmentSize || _length + size > MaxLength || Count == MaxPackets
            || !IsSameIp(packet, length) || !(_isTcp ? IsNextTcp(packet + _start) : IsSameUdp(packet + _start, length - _start)))
            return false;
        // The kernel takes a super-packet's checksum as right, so a wrong one must not go into it.
        if (!_isVerified && !HasRightChecksums(_first, HeaderLength + _segmentSize))
        {
            _isOpen = false;
            return false;
        }
        _isVerified = true;
        if (!HasRightChecksums(packet, length))
            return false;
        Count++;
        _length += size;
        _isOpen = size == _segmentSize;
        if (_isTcp)
        {
            _nextSequence += (uint)size;
            _lastFlags = packet[_start + IpHeaders.TcpFlags];
            _isOpen &= (_lastFlags & IpHeaders.Psh) == 0;
        }
        return true;
    }

    /// <summary>Makes the first packet's headers those of the super-packet, and tells what the kernel is to know of it.</summary>
    public VirtioHeader Finish()
    {
        new ReadOnlySpan<byte>(_first, HeaderLength).CopyTo(_headers);
        var transport = _first + _start;
        IpHeaders.WriteLength(_first, IsIPv4, _length);
        if (IsIPv4)
            OnesComplement.SealIPv4(_first, _start);
        if (_isTcp)
            transport[IpHeaders.TcpFlags] = _lastFlags;
        else
            IpHeaders.Write16(transport + IpHeaders.UdpLength, _length - _start);
        var field = _isTcp ? IpHeaders.TcpChecksum : IpHeaders.UdpChecksum;
        Unsafe.WriteUnaligned(transport + field, OnesComplement.Fold(OnesComplement.PseudoHeader(_first, Protocol, _length - _start)));
        return new VirtioHeader
        {
            Flags = VirtioHeader.NeedsChecksum,
            Type = !_isTcp ? VirtioHeader.Udp : IsIPv4 ? VirtioHeader.TcpIPv4 : VirtioHeader.TcpIPv6,
            HeaderLength = (ushort)HeaderLength,
            SegmentSize = (ushort)_segmentSize,
            ChecksumStart = (ushort)_start,
            ChecksumOffset = (ushort)field,
        };
    }

    /// <summary>Gives the first packet its own headers back.</summary>
    public void Undo() => _headers.AsSpan(0, HeaderLength).CopyTo(new Span<byte>(_first, HeaderLength));

    /// <summary>Whether a packet is one that others can be joined to.</summary>
    private bool TryParse(byte* packet, int length)
    {
        byte protocol;
        if (length >= IpHeaders.IPv4 + IpHeaders.UdpHeader && *packet == 0x45)
        {
            protocol = packet[9];
            _start = IpHeaders.IPv4;
            if (IpHeaders.Read16(packet + IpHeaders.IPv4Length) != length || (IpHeaders.Read16(packet + 6) & FragmentBits) != 0)
                return false;
        }
        else if (length >= IpHeaders.IPv6 + IpHeaders.UdpHeader && *packet >> 4 == 6)
        {
            protocol = packet[6];
            _start = IpHeaders.IPv6;
            if (IpHeaders.Read16(packet + IpHeaders.IPv6Length) != length - IpHeaders.IPv6)
                return false;
        }
        else
        {
            return false;
        }
        _isTcp = protocol == IpHeaders.Tcp;
        return _isTcp ? TryParseTcp(packet + _start, length - _start) : protocol == IpHeaders.Udp && TryParseUdp(packet + _start, length - _start);
    }

    private bool TryParseTcp(byte* tcp, int length)
    {
        if (length < IpHeaders.TcpMinimum)
            return false;
        var header = IpHeaders.TcpHeaderLength(tcp);
        HeaderLength = _start + header;
        return header >= IpHeaders.TcpMinimum && header < length && (tcp[IpHeaders.TcpFlags] & ~(IpHeaders.Psh | Ece)) == IpHeaders.Ack;
    }

    private bool TryParseUdp(byte* udp, int length)
    {
        HeaderLength = _start + IpHeaders.UdpHeader;
        return _joinsUdp && length > IpHeaders.UdpHeader && IpHeaders.Read16(udp + IpHeaders.UdpLength) == length
            && IpHeaders.Read16(udp + IpHeaders.UdpChecksum) != 0;
    }

    private bool IsSameIp(byte* packet, int length)
    {
        if (IsIPv4)
        {
            // Identification counts up, as cutting would have it; length and checksum are each packet's own.
            return Same(packet, 0, 2) && IpHeaders.Read16(packet + IpHeaders.IPv4Length) == length
                && IpHeaders.Read16(packet + IpHeaders.IPv4Identification) == (ushort)(IpHeaders.Read16(_first + IpHeaders.IPv4Identification) + Count)
                && Same(packet, 6, 4) && Same(packet, 12, 8);
        }
        return Same(packet, 0, 4) && IpHeaders.Read16(packet + IpHeaders.IPv6Length) == length - IpHeaders.IPv6 && Same(packet, 6, 34);
    }

    /// <summary>The flow's next segment: acknowledgement, flags but PSH, window and options are the first one's.</summary>
    private bool IsNextTcp(byte* tcp) =>
        IpHeaders.Read32(tcp + IpHeaders.TcpSequence) == _nextSequence
        && ((tcp[IpHeaders.TcpFlags] ^ _lastFlags) & ~IpHeaders.Psh) == 0
        && Same(tcp - _start, _start, 4) && Same(tcp - _start, _start + 8, 5) && Same(tcp - _start, _start + 14, 2)
        && Same(tcp - _start, _start + 18, HeaderLength - _start - 18);

    private bool IsSameUdp(byte* udp, int length) =>
        Same(udp - _start, _start, 4) && IpHeaders.Read16(udp + IpHeaders.UdpLength) == length && IpHeaders.Read16(udp + IpHeaders.UdpChecksum) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Same(byte* packet, int start, int length) =>
        new ReadOnlySpan<byte>(packet + start, length).SequenceEqual(new ReadOnlySpan<byte>(_first + start, length));

    private bool HasRightChecksums(byte* packet, int length) =>
        (!IsIPv4 || OnesComplement.Fold(OnesComplement.Sum(packet, IpHeaders.IPv4)) == ushort.MaxValue)
        && OnesComplement.Fold(OnesComplement.PseudoHeader(packet, Protocol, length - _start) + OnesComplement.Sum(packet + _start, length - _start)) == ushort.MaxValue;
}
