using System.Net;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// The network namespaces of a tunnel of which not everything is in the engine's. All that is bound to one is then done
/// in it by name, since threads of the pool may come to be anywhere.
/// </summary>
internal sealed class TunnelNamespaces : IDisposable
{
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromSeconds(1);

    private readonly NamespaceHandle _own;
    private readonly NamespaceHandle? _givenInterface;
    private readonly NamespaceHandle? _givenSockets;
    private Timer? _watch;

    private TunnelNamespaces(NamespaceHandle own, NamespaceHandle? givenInterface, NamespaceHandle? givenSockets) =>
        (_own, _givenInterface, _givenSockets) = (own, givenInterface, givenSockets);

    public NamespaceHandle Interface => _givenInterface ?? _own;

    public NamespaceHandle Sockets => _givenSockets ?? _own;

    public HostPlace Place => new()
    {
        Path = Interface.IsSameAs(_own) ? null : Interface.Path,
        Engine = Interface.IsSameAs(_own) ? null : _own,
        Sockets = Sockets.IsSameAs(Interface) ? null : Sockets,
    };

    /// <summary>Names or paths; null for both gives null.</summary>
    /// <exception cref="StartException">There is no such namespace, or it may not be entered.</exception>
    public static TunnelNamespaces? Open(string? ofInterface, string? ofSockets)
    {
        if (ofInterface is null && ofSockets is null)
            return null;
        var own = OpenOwn();
        NamespaceHandle? givenInterface = null;
        try
        {
            givenInterface = ofInterface is null ? null : Open(ofInterface);
            return new TunnelNamespaces(own, givenInterface, ofSockets is null ? null : Open(ofSockets));
        }
        catch
        {
            givenInterface?.Dispose();
            own.Dispose();
            throw;
        }
    }

    /// <summary>The system's resolver, as whoever started the engine has it.</summary>
    public Task<IPAddress[]> LookUpAsync(string name)
    {
        var result = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                result.SetResult(_own.Run(() => Dns.GetHostAddresses(name)));
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        })
        { IsBackground = true, Name = "look-up" }.Start();
        return result.Task;
    }

    /// <summary>This process keeps a namespace whose name is gone; so somebody has to look.</summary>
    /// <param name="gone">Gets what has gone; may be called more than once.</param>
    public void Watch(Action<string> gone) => _watch = new Timer(
        _ =>
        {
            foreach (var given in new[] { _givenInterface, _givenSockets })
            {
                if (given is not null && !given.IsStillThere())
                    gone($"the network namespace {given.Path} was removed");
            }
        },
        null,
        s_betweenLooks,
        s_betweenLooks);

    public void Dispose()
    {
        if (_watch is not null)
        {
            using var ended = new ManualResetEvent(false);
            if (_watch.Dispose(ended))
                ended.WaitOne();
        }

        _givenInterface?.Dispose();
        _givenSockets?.Dispose();
        _own.Dispose();
    }

    private static NamespaceHandle OpenOwn()
    {
        try
        {
            return NamespaceHandle.OpenOwn();
        }
        catch (LinuxException failure)
        {
            throw new StartException(StartErrorId.HostNetworkFailed, $"The engine's own network namespace cannot be opened: {failure.Reason}", failure);
        }
    }

    private static NamespaceHandle Open(string nameOrPath)
    {
        var path = NamespaceHandle.PathOf(nameOrPath);
        try
        {
            return NamespaceHandle.Open(nameOrPath);
        }
        catch (LinuxException failure)
        {
            throw failure.ErrorCode switch
            {
                Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH => new StartException(StartErrorId.InvalidValue, $"There is no network namespace {nameOrPath}: {path} does not exist. `ip netns add NAME` makes one.", failure),
                Errno.EINVAL => new StartException(StartErrorId.InvalidValue, $"{path} is no network namespace.", failure),
                Errno.EPERM or Errno.EACCES => new StartException(StartErrorId.AccessDenied, $"The network namespace {nameOrPath} may not be entered by this user; that needs root or CAP_SYS_ADMIN.", failure),
                _ => new StartException(StartErrorId.HostNetworkFailed, $"The network namespace {nameOrPath} cannot be entered: {failure.Message}", failure),
            };
        }
    }
}
