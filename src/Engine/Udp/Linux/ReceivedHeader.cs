using System.Runtime.CompilerServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>Reads what the kernel tells beside a received message: who sent it, to which address, ECN, segment size.</summary>
internal static unsafe class ReceivedHeader
{
    private const byte EcnMask = 0x03;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadAddress(byte* name, ref UdpEndpoint endpoint)
    {
        if (*(ushort*)name == Libc.AF_INET)
        {
            var address = (SocketAddressIPv4*)name;
            endpoint.Family = 4;
            endpoint.Port = NetworkOrder.Swap(address->PortBigEndian);
            NetworkOrder.WriteIPv4(ref endpoint.AddressHigh, address->Address);
        }
        else
        {
            var address = (SocketAddressIPv6*)name;
            endpoint.Family = 6;
            endpoint.Port = NetworkOrder.Swap(address->PortBigEndian);
            endpoint.AddressHigh = address->AddressHigh;
            endpoint.AddressLow = address->AddressLow;
            endpoint.ScopeId = address->ScopeId;
        }
    }

    /// <summary>Returns the size of the segments that were coalesced, 0 for one datagram.</summary>
    public static int ReadControl(in MessageHeader header, ref UdpEndpoint endpoint)
    {
        var segment = 0;
        var rest = header.ControlLength;
        var position = (byte*)header.Control;
        while (rest >= (nuint)sizeof(ControlMessage))
        {
            var control = (ControlMessage*)position;
            if (control->Length < (nuint)sizeof(ControlMessage) || control->Length > rest)
                break;
            var data = position + sizeof(ControlMessage);
            switch (control->Level, control->Type)
            {
                case (Libc.SOL_IP, Libc.IP_PKTINFO):
                    var ipv4 = (PacketInfoIPv4*)data;
                    endpoint.SourceInterface = ipv4->Interface;
                    NetworkOrder.WriteIPv4(ref endpoint.SourceHigh, ipv4->LocalAddress);
                    break;
                case (Libc.SOL_IPV6, Libc.IPV6_PKTINFO):
                    var ipv6 = (PacketInfoIPv6*)data;
                    endpoint.SourceInterface = ipv6->Interface;
                    endpoint.SourceHigh = ipv6->AddressHigh;
                    endpoint.SourceLow = ipv6->AddressLow;
                    break;
                case (Libc.SOL_IP, Libc.IP_TOS):
                    endpoint.TrafficClass = (byte)(*data & EcnMask);
                    break;
                case (Libc.SOL_IPV6, Libc.IPV6_TCLASS):
                    endpoint.TrafficClass = (byte)(*(int*)data & EcnMask);
                    break;
                case (Libc.SOL_UDP, Libc.UDP_GRO):
                    segment = *(int*)data;
                    break;
            }
            var step = ControlMessage.Align(control->Length);
            if (step >= rest)
                break;
            position += step;
            rest -= step;
        }
        return segment;
    }
}
