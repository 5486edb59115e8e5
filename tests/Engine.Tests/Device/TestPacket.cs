using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Tests.Device;

/// <summary>Plain UDP packets with correct lengths; contents are a counting pattern.</summary>
internal static class TestPacket
{
    internal static byte[] Make(string source, string destination, int payload = 64, byte trafficClass = 0)
    {
        var from = IPAddress.Parse(source);
        var to = IPAddress.Parse(destination);
        return from.AddressFamily == AddressFamily.InterNetwork ? Make4(from, to, payload, trafficClass) : Make6(from, to, payload, trafficClass);
    }

    private static byte[] Make4(IPAddress from, IPAddress to, int payload, byte trafficClass)
    {
        var packet = new byte[28 + payload];
        packet[0] = 0x45;
        packet[1] = trafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 17;
        from.TryWriteBytes(packet.AsSpan(12), out _);
        to.TryWriteBytes(packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet.AsSpan(0, 20)));
        FillUdp(packet.AsSpan(20));
        return packet;
    }

    private static byte[] Make6(IPAddress from, IPAddress to, int payload, byte trafficClass)
    {
        var packet = new byte[48 + payload];
        packet[0] = (byte)(0x60 | (trafficClass >> 4));
        packet[1] = (byte)(trafficClass << 4);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        packet[6] = 17;
        packet[7] = 64;
        from.TryWriteBytes(packet.AsSpan(8), out _);
        to.TryWriteBytes(packet.AsSpan(24), out _);
        FillUdp(packet.AsSpan(40));
        return packet;
    }

    private static void FillUdp(Span<byte> udp)
    {
        BinaryPrimitives.WriteUInt16BigEndian(udp, 1000);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], 2000);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        for (var i = 8; i < udp.Length; i++)
            udp[i] = (byte)i;
    }

    /// <summary>RFC 1071, written the slow way, so that it shares nothing with the engine's.</summary>
    internal static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i++)
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
