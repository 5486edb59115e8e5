using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Cli;

namespace WireGuard.Tests.Cli;

/// <summary>What a verb makes of an engine that goes while it is spoken to.</summary>
public sealed class ControlConnectionTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-cc-");
    private readonly Socket _engine = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path;

    public ControlConnectionTests()
    {
        _path = Path.Combine(_directory.FullName, "wg0.sock");
        _engine.Bind(new UnixDomainSocketEndPoint(_path));
        _engine.Listen();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task An_engine_that_goes_before_it_greets_is_none()
    {
        var accepted = _engine.AcceptAsync();
        var opened = Task.Run(() => ControlConnection.TryOpen("wg0", _path));
        (await accepted).Dispose();
        Assert.Null(await opened);
    }

    [Fact]
    public async Task One_that_goes_before_it_answers_has_hung_up()
    {
        var accepted = _engine.AcceptAsync();
        var stopped = Task.Run(() =>
        {
            using var connection = ControlConnection.TryOpen("wg0", _path)!;
            connection.Stop();
        });
        using (var engine = await accepted)
        {
            engine.Send(Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","method":"greeting","params":{{{Greeting()}}}}""" + "\n"));
            Assert.NotEqual(0, engine.Receive(new byte[4096]));
        }

        await Assert.ThrowsAsync<EngineHungUpException>(() => stopped);
    }

    private static string Greeting() =>
        JsonSerializer.Serialize(new Greeting(ControlProtocol.Version, "1", "wg0", 1), ControlJsonContext.Default.Greeting);
}
