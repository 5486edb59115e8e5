using System.Net.Sockets;
using System.Text;

namespace WireGuard.Client;

internal static partial class TunnelBinding
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25; // socket(7)

    private static void BindLinux(Socket socket, string tunnel) => socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(tunnel));
}
