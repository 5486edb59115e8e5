using System.Runtime.CompilerServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

public sealed unsafe partial class LinuxUdpSocket
{
    /// <summary>Sending threads at once that find a block ready: the lane, handshakes, timers, and one to spare.</summary>
    private const int SpareBlocks = 4;

    private readonly MessageBlock?[] _spare = new MessageBlock?[SpareBlocks];

    public int Send(PacketBatch batch)
    {
        if (Borrow() is not { } pair)
            return 0;
        try
        {
            var block = TakeBlock();
            var taken = SendAll(pair, block, batch);
            GiveBack(block);
            return taken;
        }
        finally
        {
            pair.Gate.Leave();
        }
    }

    /// <summary>Runs of one address family go out together, so that the order holds.</summary>
    private static int SendAll(UdpSocketPair pair, MessageBlock block, PacketBatch batch)
    {
        var taken = 0;
        var pending = 0;
        byte family = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch[i];
            if (slot.Length <= 0)
                continue;
            if (pending == MessageBlock.Capacity || (pending > 0 && slot.Endpoint.Family != family))
            {
                taken += SendPending(pair, family, block, pending);
                pending = 0;
            }
            family = slot.Endpoint.Family;
            block.SetData(pending, slot.Data, (nuint)slot.Length);
            WriteDestination(block, pending++, in slot.Endpoint);
        }
        if (pending > 0)
            taken += SendPending(pair, family, block, pending);
        return taken;
    }

    private static int SendPending(UdpSocketPair pair, byte family, MessageBlock block, int count)
    {
        var descriptor = family switch
        {
            4 => pair.IPv4,
            6 => pair.IPv6,
            _ => -1,
        };
        if (descriptor < 0)
            return 0;
        var taken = 0;
        var next = 0;
        while (next < count)
        {
            var sent = Libc.SendMessages(descriptor, block.Messages + next, (uint)(count - next), Libc.MSG_DONTWAIT);
            if (sent > 0)
            {
                taken += sent;
                next += sent;
                continue;
            }
            // Nothing went, so the error is that of the first datagram: sendmmsg stops before one that fails.
            var error = Libc.LastError;
            if (error == Errno.EINTR)
                continue;
            if (error == Errno.EAGAIN)
                break;
            if (MayBeTheSource(error) && RemoveSource(ref block.Messages[next].Header))
                continue;
            next++;
        }
        return taken;
    }

    /// <summary>What the kernel answers to a source address it does not have (any more), or an interface that is gone.</summary>
    private static bool MayBeTheSource(int error) =>
        error is Errno.EINVAL or Errno.EADDRNOTAVAIL or Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.ENODEV or Errno.ENXIO;

    /// <summary>Leaves the source out of the control messages; false when there is none. It comes last, after the traffic class.</summary>
    private static bool RemoveSource(ref MessageHeader header)
    {
        var trafficClass = ControlMessage.Space(sizeof(int));
        var first = (ControlMessage*)header.Control;
        if (header.ControlLength == 0)
            return false;
        if (first->Type is Libc.IP_PKTINFO or Libc.IPV6_PKTINFO)
        {
            header.ControlLength = 0;
            return true;
        }
        if (header.ControlLength <= trafficClass)
            return false;
        header.ControlLength = trafficClass;
        return true;
    }

    private static void WriteDestination(MessageBlock block, int index, in UdpEndpoint endpoint)
    {
        ref var header = ref block.Messages[index].Header;
        header.ControlLength = 0;
        header.Flags = 0;
        var ipv4 = endpoint.Family == 4;
        if (ipv4)
        {
            var name = (SocketAddressIPv4*)block.Name(index);
            name->Family = Libc.AF_INET;
            name->PortBigEndian = FromNetwork(endpoint.Port);
            name->Address = ReadIPv4(in endpoint.AddressHigh);
            header.NameLength = (uint)sizeof(SocketAddressIPv4);
        }
        else
        {
            var name = (SocketAddressIPv6*)block.Name(index);
            name->Family = Libc.AF_INET6;
            name->PortBigEndian = FromNetwork(endpoint.Port);
            name->FlowInfo = 0;
            name->AddressHigh = endpoint.AddressHigh;
            name->AddressLow = endpoint.AddressLow;
            name->ScopeId = endpoint.ScopeId;
            header.NameLength = (uint)sizeof(SocketAddressIPv6);
        }
        if (endpoint.TrafficClass != 0)
        {
            var data = AppendControl(ref header, ipv4 ? Libc.SOL_IP : Libc.SOL_IPV6, ipv4 ? Libc.IP_TOS : Libc.IPV6_TCLASS, sizeof(int));
            *(int*)data = endpoint.TrafficClass;
        }
        if (endpoint.HasSource)
            WriteSource(ref header, in endpoint);
    }

    private static void WriteSource(ref MessageHeader header, in UdpEndpoint endpoint)
    {
        if (endpoint.Family == 4)
        {
            // The address alone: with the interface too, the kernel would take the peer for a neighbour on it when the way
            // back leads elsewhere.
            var info = (PacketInfoIPv4*)AppendControl(ref header, Libc.SOL_IP, Libc.IP_PKTINFO, (nuint)sizeof(PacketInfoIPv4));
            *info = new PacketInfoIPv4 { LocalAddress = ReadIPv4(in endpoint.SourceHigh) };
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadIPv4(in ulong field) => Unsafe.As<ulong, uint>(ref Unsafe.AsRef(in field));

    private MessageBlock TakeBlock()
    {
        for (var i = 0; i < SpareBlocks; i++)
        {
            if (Interlocked.Exchange(ref _spare[i], null) is { } block)
                return block;
        }
        return new MessageBlock();
    }

    private void GiveBack(MessageBlock block)
    {
        for (var i = 0; i < SpareBlocks; i++)
        {
            if (Interlocked.CompareExchange(ref _spare[i], block, null) is null)
                return;
        }
        block.Dispose();
    }
}
