using System.Net.Sockets;
using System.Text;
using WireGuard.Engine.Service;

namespace WireGuard.Tests.Service;

/// <summary>What a service manager gets to hear, over a socket of the test.</summary>
public sealed class ServiceNotifierTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wg-notify-");
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };

    public void Dispose()
    {
        _manager.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Everything_is_told_in_order_and_nobody_inherits_the_variable(bool isAbstract)
    {
        var name = isAbstract ? $"@wg-notify-{Guid.NewGuid():N}" : Path.Combine(_directory.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name[1..] : name));
        using var notifier = From(name);
        Assert.Null(Environment.GetEnvironmentVariable(ServiceNotifier.Variable));
        Assert.True(notifier.IsThere);
        notifier.Status("looking up vpn.example.com");
        notifier.Ready("wg0");
        notifier.Reloading();
        notifier.Reloaded("wg0");
        notifier.Stopping("SIGTERM");
        Assert.Equal("STATUS=looking up vpn.example.com", Receive());
        Assert.Equal("READY=1\nSTATUS=wg0 is up", Receive());
        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]{4,}$", Receive());
        Assert.Equal("READY=1\nSTATUS=wg0 is up", Receive());
        Assert.Equal("STOPPING=1\nSTATUS=ending: SIGTERM", Receive());
    }

    [Fact]
    public void A_change_in_the_middle_of_a_start_or_of_the_end_does_not_say_that_the_tunnel_is_up()
    {
        var name = Path.Combine(_directory.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(name));
        using var notifier = From(name);
        notifier.Reloading();
        notifier.Reloaded("wg0");
        notifier.Status("running PostUp");
        notifier.Ready("wg0");
        notifier.Stopping("SIGTERM");
        notifier.Reloading();
        notifier.Reloaded("wg0");
        notifier.Status("running PreDown");
        Assert.Equal("STATUS=running PostUp", Receive());
        Assert.Equal("READY=1\nSTATUS=wg0 is up", Receive());
        Assert.Equal("STOPPING=1\nSTATUS=ending: SIGTERM", Receive());
        Assert.Equal("STATUS=running PreDown", Receive());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("relative")]
    [InlineData("vsock:2:1")]
    [InlineData("/nobody/listens/here")]
    public void Without_a_manager_nothing_is_told(string? path)
    {
        using var notifier = From(path);
        Assert.False(notifier.IsThere);
        notifier.Ready("wg0");
        notifier.Stopping("SIGTERM");
    }

    [Fact]
    public void A_manager_that_has_gone_harms_nothing()
    {
        var path = Path.Combine(_directory.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(path));
        using var notifier = From(path);
        _manager.Dispose();
        notifier.Ready("wg0");
    }

    private static ServiceNotifier From(string? path)
    {
        Environment.SetEnvironmentVariable(ServiceNotifier.Variable, path);
        return ServiceNotifier.FromEnvironment();
    }

    private string Receive()
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer));
    }
}
