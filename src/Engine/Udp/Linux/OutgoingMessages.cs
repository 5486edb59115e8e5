using System.Runtime.CompilerServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// Slots of a batch as the messages of one sendmmsg. Consecutive datagrams of one size between the same two addresses, the
/// last of them perhaps shorter, share a message that the kernel cuts up again (UDP_SEGMENT); their bytes are gathered
/// from where they lie. One thread at a time.
/// </summary>
internal sealed unsafe class OutgoingMessages : IDisposable
{
    /// <summary>What every kernel that has UDP_SEGMENT takes (UDP_MAX_SEGMENTS).</summary>
    public const int MaxSegments = 64;

    /// <summary>The largest UDP payload in IPv4, which bounds a message whatever it is cut into.</summary>
    public const int MaxBytes = 65_507;

    private readonly MessageBlock _block = new();
    private readonly int[] _firstSlots = new int[MessageBlock.Capacity];
    private readonly nuint[] _controlWithoutSource = new nuint[MessageBlock.Capacity];
    private int _datagrams;
    private int _openBytes;
    private int _openDatagrams;
    private bool _openIsFull;

    /// <summary>Messages that <see cref="Collect"/> made.</summary>
    public int Count { get; private set; }

    /// <summary>Of all their datagrams.</summary>
    public byte Family { get; private set; }

    public MessageHeaderWithLength* Messages => _block.Messages;

    /// <summary>The slot of a message's first datagram.</summary>
    public int FirstSlot(int message) => _firstSlots[message];

    public int Datagrams(int message) => (int)_block.Messages[message].Header.VectorCount;

    /// <summary>
    /// Makes messages of the slots from <paramref name="start"/> on, up to a change of the address family or to as many as
    /// fit, and returns the slot to go on with.
    /// </summary>
    /// <param name="batch">Its slots stay as they are, and where they are until the messages are sent.</param>
    /// <param name="start">First slot.</param>
    /// <param name="aloneBefore">Slots before this one get a message each.</param>
    public int Collect(PacketBatch batch, int start, int aloneBefore)
    {
        Count = 0;
        _datagrams = 0;
        var i = start;
        for (; i < batch.Count && _datagrams < MessageBlock.Capacity; i++)
        {
            ref var slot = ref batch[i];
            if (slot.Length <= 0)
                continue;
            if (Count > 0 && slot.Endpoint.Family != Family)
                break;
            if (Count == 0 || i < aloneBefore || !TryJoin(in batch[_firstSlots[Count - 1]], in slot))
                Open(batch, i);
            _block.SetData(_datagrams++, slot.Data, (nuint)slot.Length);
        }
        if (Count > 0)
            Close(batch);
        return i;
    }

    /// <summary>Leaves the source address out of a message; false when there is none.</summary>
    public bool RemoveSource(int message)
    {
        ref var header = ref _block.Messages[message].Header;
        if (header.ControlLength == _controlWithoutSource[message])
            return false;
        header.ControlLength = _controlWithoutSource[message];
        return true;
    }

    public void Dispose() => _block.Dispose();

    private bool TryJoin(in PacketSlot first, in PacketSlot slot)
    {
        if (_openIsFull || slot.Length > first.Length || _openBytes + slot.Length > MaxBytes
            || slot.Endpoint.TrafficClass != first.Endpoint.TrafficClass || !slot.Endpoint.Equals(first.Endpoint))
            return false;
        _openBytes += slot.Length;
        _openDatagrams++;
        _openIsFull = slot.Length < first.Length || _openDatagrams == MaxSegments;
        return true;
    }

    private void Open(PacketBatch batch, int slot)
    {
        if (Count > 0)
            Close(batch);
        else
            Family = batch[slot].Endpoint.Family;
        _firstSlots[Count++] = slot;
        _openBytes = batch[slot].Length;
        _openDatagrams = 1;
        _openIsFull = false;
    }

    private void Close(PacketBatch batch)
    {
        var message = Count - 1;
        _block.SetVectors(message, _datagrams - _openDatagrams, _openDatagrams);
        ref var slot = ref batch[_firstSlots[message]];
        WriteHeader(message, in slot.Endpoint, _openDatagrams > 1 ? slot.Length : 0);
    }

    /// <param name="segment">Bytes of a segment; 0: one datagram.</param>
    private void WriteHeader(int message, in UdpEndpoint endpoint, int segment)
    {
        ref var header = ref _block.Messages[message].Header;
        header.ControlLength = 0;
        header.Flags = 0;
        var ipv4 = endpoint.Family == 4;
        header.NameLength = WriteAddress(_block.Name(message), in endpoint);
        if (endpoint.TrafficClass != 0)
        {
            var data = AppendControl(ref header, ipv4 ? Libc.SOL_IP : Libc.SOL_IPV6, ipv4 ? Libc.IP_TOS : Libc.IPV6_TCLASS, sizeof(int));
            *(int*)data = endpoint.TrafficClass;
        }
        if (segment > 0)
            *(ushort*)AppendControl(ref header, Libc.SOL_UDP, Libc.UDP_SEGMENT, sizeof(ushort)) = (ushort)segment;
        // Last, so that it can be left out.
        _controlWithoutSource[message] = header.ControlLength;
        if (endpoint.HasSource)
            WriteSource(ref header, in endpoint);
    }

    private static uint WriteAddress(byte* destination, in UdpEndpoint endpoint)
    {
        if (endpoint.Family == 4)
        {
            var ipv4 = (SocketAddressIPv4*)destination;
            ipv4->Family = Libc.AF_INET;
            ipv4->PortBigEndian = NetworkOrder.Swap(endpoint.Port);
            ipv4->Address = NetworkOrder.ReadIPv4(in endpoint.AddressHigh);
            return (uint)sizeof(SocketAddressIPv4);
        }
        var ipv6 = (SocketAddressIPv6*)destination;
        ipv6->Family = Libc.AF_INET6;
        ipv6->PortBigEndian = NetworkOrder.Swap(endpoint.Port);
        ipv6->FlowInfo = 0;
        ipv6->AddressHigh = endpoint.AddressHigh;
        ipv6->AddressLow = endpoint.AddressLow;
        ipv6->ScopeId = endpoint.ScopeId;
        return (uint)sizeof(SocketAddressIPv6);
    }

    private static void WriteSource(ref MessageHeader header, in UdpEndpoint endpoint)
    {
        if (endpoint.Family == 4)
        {
            // The address alone: with the interface too, the kernel would take the peer for a neighbour on it when the way
            // back leads elsewhere.
            var info = (PacketInfoIPv4*)AppendControl(ref header, Libc.SOL_IP, Libc.IP_PKTINFO, (nuint)sizeof(PacketInfoIPv4));
            *info = new PacketInfoIPv4 { LocalAddress = NetworkOrder.ReadIPv4(in endpoint.SourceHigh) };
        }
        else
        {
            var info = (PacketInfoIPv6*)AppendControl(ref header, Libc.SOL_IPV6, Libc.IPV6_PKTINFO, (nuint)sizeof(PacketInfoIPv6));
            *info = new PacketInfoIPv6
            {
                AddressHigh = endpoint.SourceHigh,
                AddressLow = endpoint.SourceLow,
                Interface = IsLinkLocal(in endpoint.SourceHigh) ? endpoint.SourceInterface : 0,
            };
        }
    }

    private static void* AppendControl(ref MessageHeader header, int level, int type, nuint dataLength)
    {
        var control = (ControlMessage*)((byte*)header.Control + header.ControlLength);
        control->Length = (nuint)sizeof(ControlMessage) + dataLength;
        control->Level = level;
        control->Type = type;
        header.ControlLength += ControlMessage.Space(dataLength);
        return control + 1;
    }

    /// <summary>fe80::/10, from the address's first bytes in network order.</summary>
    private static bool IsLinkLocal(in ulong high)
    {
        ref var bytes = ref Unsafe.As<ulong, byte>(ref Unsafe.AsRef(in high));
        return bytes == 0xFE && (Unsafe.Add(ref bytes, 1) & 0xC0) == 0x80;
    }
}
