using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace WireGuard.Client;

internal static partial class PathMtu
{
    // socket(7), ip(7), ipv6(7).
    private const int SolSocket = 1;
    private const int SoMark = 36;
    private const int IpLevel = 0;
    private const int IpMtu = 14;
    private const int IPv6Level = 41;
    private const int IPv6Mtu = 24;

    private static int? OnLinux(IPEndPoint endpoint, uint mark)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (mark != 0)
                socket.SetRawSocketOption(SolSocket, SoMark, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mark)));
            socket.Connect(endpoint);
            var mtu = 0;
            var isV6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
            socket.GetRawSocketOption(isV6 ? IPv6Level : IpLevel, isV6 ? IPv6Mtu : IpMtu, MemoryMarshal.AsBytes(new Span<int>(ref mtu)));
            return mtu > 0 ? mtu : null;
        }
        catch (SocketException)
        {
            // No way there, or no leave to set a mark.
            return null;
        }
    }
}
