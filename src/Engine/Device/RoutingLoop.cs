using System.Buffers.Binary;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>
/// Tells a datagram that this device sent to a peer and that the system's routes lead back into the tunnel, to the same
/// peer. Sealed again it would come back larger each time, in fragments each of which does the same. A tunnel inside the
/// tunnel, to another peer or of another device, is none of this.
/// </summary>
internal static class RoutingLoop
{
    private const byte ProtocolUdp = 17;
    private const int UdpHeader = 8;
    private const byte ProtocolFragment = 44;
    private const int FragmentHeader = 8;
    private const int FragmentOffsetMask = 0x1FFF;

    /// <param name="packet">An IP packet from the TUN.</param>
    /// <param name="peer">Whose allowed IPs it goes to.</param>
    internal static bool IsOwnDatagram(ReadOnlySpan<byte> packet, Peer peer)
    {
        var udp = UdpOf(packet);
        return udp.Length >= UdpHeader + MessageFormat.MinimumTransportSize
            && peer.Endpoint is { } endpoint
            && BinaryPrimitives.ReadUInt16BigEndian(udp[2..]) == endpoint.Value.Port
            && IsTo(packet, endpoint)
            && CarriesIndexOf(peer, udp[UdpHeader..]);
    }

    private static ReadOnlySpan<byte> UdpOf(ReadOnlySpan<byte> packet)
    {
        switch (IpPacket.Version(packet))
        {
            case 4 when packet.Length >= IpPacket.MinimumIPv4Header && packet[9] == ProtocolUdp:
                var header = (packet[0] & 0xF) * 4;
                var isLaterFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & FragmentOffsetMask) != 0;
                return isLaterFragment || packet.Length < header ? default : packet[header..];
            case 6 when packet.Length >= IpPacket.IPv6Header && packet[6] == ProtocolUdp:
                return packet[IpPacket.IPv6Header..];
            case 6 when packet.Length >= IpPacket.IPv6Header + FragmentHeader && packet[6] == ProtocolFragment && packet[IpPacket.IPv6Header] == ProtocolUdp:
                var isFirst = (BinaryPrimitives.ReadUInt16BigEndian(packet[(IpPacket.IPv6Header + 2)..]) >> 3) == 0;
                return isFirst ? packet[(IpPacket.IPv6Header + FragmentHeader)..] : default;
            default:
                return default;
        }
    }

    private static bool IsTo(ReadOnlySpan<byte> packet, PeerEndpoint endpoint)
    {
        Span<byte> remote = stackalloc byte[16];
        endpoint.Value.WriteAddress(remote);
        return endpoint.Value.Family == IpPacket.Version(packet)
            && (endpoint.Value.Family == 4 ? packet.Slice(16, 4).SequenceEqual(remote[..4]) : packet.Slice(24, 16).SequenceEqual(remote));
    }

    // The indices are random, so that another device's message to the same place is told apart.
    private static bool CarriesIndexOf(Peer peer, ReadOnlySpan<byte> message) => MessageFormat.Classify(message) switch
    {
        MessageType.Transport => MessageFormat.ReadIndex(message, MessageFormat.Transport.ReceiverIndex) is var index
            && (peer.Keypairs.Current?.RemoteIndex == index || peer.Keypairs.Previous?.RemoteIndex == index),
        MessageType.Initiation => MessageFormat.ReadIndex(message, MessageFormat.SenderIndex) == peer.HandshakeIndex,
        _ => false,
    };
}
