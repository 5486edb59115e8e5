using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

[SupportedOSPlatform("linux")]
public sealed class ControlConnectionTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-cli-");

    [Fact]
    public async Task Which_process_to_wait_for_is_asked_of_the_kernel_not_of_the_engine()
    {
        var path = Path.Combine(_directory.FullName, "wg0.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var answering = Task.Run(() =>
        {
            using var client = listener.Accept();
            client.Send(Encoding.ASCII.GetBytes("""{"jsonrpc":"2.0","method":"greeting","params":{"protocol":1,"engineVersion":"0","tunnel":"wg0","processId":2147483647}}""" + "\n"));
        });

        using var connection = ControlConnection.TryOpen("wg0", path)!;

        // It listens in this process, which does not end; the one in the greeting is not there.
        Assert.False(connection.WaitForEnd(TimeSpan.FromMilliseconds(1)));
        await answering;
        Assert.False(connection.WaitForEnd(TimeSpan.FromMilliseconds(1)));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
