using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

public sealed unsafe partial class LinuxUdpSocket
{
    private const byte EcnMask = 0x03;

    private readonly MessageBlock _received = new();
    private PacketBatch? _receivedInto;
    private bool _ipv6First;

    public int Receive(PacketBatch batch)
    {
        batch.Count = 0;
        if (Borrow() is not { } pair)
            return 0;
        try
        {
            Prepare(batch);
            // Whoever fills the batch alone comes second the next time.
            var (first, second) = _ipv6First ? (pair.IPv6, pair.IPv4) : (pair.IPv4, pair.IPv6);
            _ipv6First = !_ipv6First;
            var capacity = Math.Min(batch.Capacity, MessageBlock.Capacity);
            var count = ReceiveFrom(first, batch, 0, capacity);
            if (count < capacity)
                count += ReceiveFrom(second, batch, count, capacity - count);
            batch.Count = count;
            return count;
        }
        finally
        {
            pair.Gate.Leave();
        }
    }

    /// <summary>Points the messages at the batch's buffers; a lane uses one batch, so this is done once.</summary>
    private void Prepare(PacketBatch batch)
    {
        if (ReferenceEquals(_receivedInto, batch))
            return;
        for (var i = 0; i < Math.Min(batch.Capacity, MessageBlock.Capacity); i++)
        {
            _received.SetData(i, batch.ReadPosition(i), PacketBatch.MaxPacket);
            _received.ResetForReceive(i);
        }
        _receivedInto = batch;
    }

    private int ReceiveFrom(int descriptor, PacketBatch batch, int start, int room)
    {
        if (descriptor < 0)
            return 0;
        // An error that waited on the socket (an ICMP message, say) is reported once, before what waits behind it.
        var received = Libc.ReceiveMessages(descriptor, _received.Messages + start, (uint)room, Libc.MSG_DONTWAIT, null);
        if (received < 0 && Libc.LastError != Errno.EAGAIN)
            received = Libc.ReceiveMessages(descriptor, _received.Messages + start, (uint)room, Libc.MSG_DONTWAIT, null);
        for (var i = start; i < start + received; i++)
        {
            ref var message = ref _received.Messages[i];
            ref var slot = ref batch[i];
            slot.Data = batch.ReadPosition(i);
            slot.Length = (int)message.Length;
            slot.Endpoint = default;
            ReadAddress(_received.Name(i), ref slot.Endpoint);
            ReadControl(in message.Header, ref slot.Endpoint);
            _received.ResetForReceive(i);
        }
        return Math.Max(received, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadAddress(byte* name, ref UdpEndpoint endpoint)
    {
        if (*(ushort*)name == Libc.AF_INET)
        {
            var address = (SocketAddressIPv4*)name;
            endpoint.Family = 4;
            endpoint.Port = FromNetwork(address->PortBigEndian);
            WriteIPv4(ref endpoint.AddressHigh, address->Address);
        }
        else
        {
            var address = (SocketAddressIPv6*)name;
            endpoint.Family = 6;
            endpoint.Port = FromNetwork(address->PortBigEndian);
            endpoint.AddressHigh = address->AddressHigh;
            endpoint.AddressLow = address->AddressLow;
            endpoint.ScopeId = address->ScopeId;
        }
    }

    private static void ReadControl(in MessageHeader header, ref UdpEndpoint endpoint)
    {
        var rest = header.ControlLength;
        var position = (byte*)header.Control;
        while (rest >= (nuint)sizeof(ControlMessage))
        {
            var control = (ControlMessage*)position;
            if (control->Length < (nuint)sizeof(ControlMessage) || control->Length > rest)
                return;
            var data = position + sizeof(ControlMessage);
            switch (control->Level, control->Type)
            {
                case (Libc.SOL_IP, Libc.IP_PKTINFO):
                    var ipv4 = (PacketInfoIPv4*)data;
                    endpoint.SourceInterface = ipv4->Interface;
                    WriteIPv4(ref endpoint.SourceHigh, ipv4->LocalAddress);
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
            }
            var step = ControlMessage.Align(control->Length);
            if (step >= rest)
                return;
            position += step;
            rest -= step;
        }
    }

    /// <summary>The address goes into the first four bytes of the field's memory, whatever the byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteIPv4(ref ulong field, uint address) => Unsafe.As<ulong, uint>(ref field) = address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort FromNetwork(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;
}
