using System.Net.Sockets;
using System.Text.Json;
using WireGuard.Api;

namespace WireGuard.Tests.Interop;

/// <summary>Asks a control socket by hand, line by line, as a client in any language would.</summary>
internal static class ControlClient
{
    private const int AnswerTimeout = 10_000;

    public static TunnelInfo GetTunnel(Host host)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = AnswerTimeout;
        socket.Connect(new UnixDomainSocketEndPoint(host.ControlSocket));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        using (var greeting = JsonDocument.Parse(reader.ReadLine()!))
            Assert.Equal(host.Interface, greeting.RootElement.GetProperty("params").GetProperty("tunnel").GetString());
        stream.Write("""{"jsonrpc":"2.0","id":1,"method":"tunnel.get"}"""u8);
        stream.WriteByte((byte)'\n');
        using var answer = JsonDocument.Parse(reader.ReadLine()!);
        return answer.RootElement.GetProperty("result").Deserialize(ControlJsonContext.Default.TunnelInfo)!;
    }
}
