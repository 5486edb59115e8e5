using System.Net.Sockets;
using System.Text;

namespace WireGuard.Tests.Hosting;

/// <summary>Asks the UAPI socket of a host in a test's directory.</summary>
internal static class Uapi
{
    public static string Ask(DirectoryInfo directory, string name, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(directory.FullName, "uapi", name + ".sock")));
        socket.Send(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().EndsWith("\n\n", StringComparison.Ordinal))
        {
            var length = socket.Receive(buffer);
            Assert.NotEqual(0, length);
            answer.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }

        return answer.ToString();
    }
}
