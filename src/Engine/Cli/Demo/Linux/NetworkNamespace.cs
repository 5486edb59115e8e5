using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli.Demo.Linux;

/// <summary>A nameless network namespace that lasts as long as this object, or a process in it.</summary>
internal sealed class NetworkNamespace : IDisposable
{
    private int _descriptor = Libc.NewNetworkNamespace();

    public int Descriptor => _descriptor;

    /// <summary>Runs the function inside; sockets and processes that it makes stay there.</summary>
    public T Run<T>(Func<T> inside) => Libc.RunInNetworkNamespace(_descriptor, inside);

    /// <summary>Links, addresses and routes of the namespace.</summary>
    public void Configure(Action<RouteNetlink> configure) => Run(() =>
    {
        using var netlink = new RouteNetlink();
        configure(netlink);
        return true;
    });

    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
            _ = Libc.Close(descriptor);
    }
}
