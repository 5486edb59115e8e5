using System.Net.Sockets;
using System.Text;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>What an engine tells a service manager, over a socket of the test.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private readonly PrivateDirectory _files = new();
    private readonly Host? _host = InteropRequirement.Missing([]) is null ? Host.Alone(1) : null;

    private Host Host => _host!;

    public void Dispose()
    {
        _host?.Dispose();
        _files.Dispose();
    }

    [InteropFact]
    public void A_start_that_changes_its_own_tunnel_and_then_fails_has_never_been_ready()
    {
        var text = $"[Interface]\nPrivateKey = {Host.Keys.PrivateKey}\nAddress = 10.78.0.1/24\n";
        var other = _files.Write("other.conf", text.Replace("10.78.0.1", "10.78.0.9"));
        var config = _files.Write(Host.Interface + ".conf", $"{text}PostUp = {InteropRequirement.Engine} sync {other} --name %i && echo changed && false\n");
        var path = Path.Combine(Path.GetDirectoryName(config)!, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 1000 };
        manager.Bind(new UnixDomainSocketEndPoint(path));
        var ended = Host.Namespace.TryRun("env", $"NOTIFY_SOCKET={path}", InteropRequirement.Engine!, "run", "--allow-hooks", config);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("changed", ended.Error);
        var told = new List<string>();
        var buffer = new byte[4096];
        while (manager.Available > 0)
            told.Add(Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)));
        Assert.DoesNotContain(told, text => text.Contains("READY", StringComparison.Ordinal) || text.Contains("RELOADING", StringComparison.Ordinal));
    }
}
