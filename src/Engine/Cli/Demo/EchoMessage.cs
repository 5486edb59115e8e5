using System.Buffers.Binary;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Cli.Demo;

/// <summary>ICMP echo (RFC 792) and the IPv4 header around it, as much as a ping needs.</summary>
internal static class EchoMessage
{
    public const int IPv4HeaderSize = 20;

    private const int IcmpHeaderSize = 8;
    private const int PayloadSize = 56;
    private const byte EchoRequest = 8;
    private const byte IcmpProtocol = 1;

    /// <summary>An echo request without an IP header.</summary>
    public static byte[] Request(ushort identifier, ushort sequence)
    {
        var message = new byte[IcmpHeaderSize + PayloadSize];
        message[0] = EchoRequest;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), sequence);
        WriteChecksum(message.AsSpan(2), message);
        return message;
    }

    /// <summary>Whether the IPv4 packet is the answer to that request.</summary>
    public static bool IsReplyTo(ReadOnlySpan<byte> packet, ushort identifier, ushort sequence)
    {
        if (packet.Length < IPv4HeaderSize || packet[9] != IcmpProtocol)
            return false;
        var icmp = packet[((packet[0] & 0x0F) * 4)..];
        return icmp.Length >= IcmpHeaderSize && icmp[0] == 0
            && BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]) == identifier
            && BinaryPrimitives.ReadUInt16BigEndian(icmp[6..]) == sequence;
    }

    /// <summary>Puts an IPv4 header before ICMP or, for measurements, anything else.</summary>
    public static byte[] InIPv4(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> payload, byte protocol = IcmpProtocol)
    {
        var packet = new byte[IPv4HeaderSize + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = protocol;
        source.CopyTo(packet.AsSpan(12));
        destination.CopyTo(packet.AsSpan(16));
        payload.CopyTo(packet.AsSpan(IPv4HeaderSize));
        WriteChecksum(packet.AsSpan(10), packet.AsSpan(0, IPv4HeaderSize));
        return packet;
    }

    /// <summary>Turns an echo request in an IPv4 packet into its reply, in place. False: it is none.</summary>
    public static bool TryAnswer(Span<byte> packet)
    {
        if (packet.Length < IPv4HeaderSize + IcmpHeaderSize || packet[9] != IcmpProtocol || packet[IPv4HeaderSize] != EchoRequest)
            return false;
        Span<byte> source = stackalloc byte[4];
        packet[12..16].CopyTo(source);
        packet[16..20].CopyTo(packet[12..]);
        source.CopyTo(packet[16..]);
        var icmp = packet[IPv4HeaderSize..];
        icmp[0] = 0;
        WriteChecksum(icmp[2..], icmp);
        return true;
    }

    private static void WriteChecksum(Span<byte> field, ReadOnlySpan<byte> bytes)
    {
        field[0] = field[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(field, InternetChecksum.Finish(InternetChecksum.Add(0, bytes)));
    }
}
