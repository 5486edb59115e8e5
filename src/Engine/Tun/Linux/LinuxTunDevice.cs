using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Tun;

/// <summary>
/// A TUN interface of Linux (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, and IFF_MULTI_QUEUE with more than one queue). The interface lives as long as this object: it
/// disappears with <see cref="Dispose"/>. It is made in, and watched from, the network namespace of the thread that
/// makes the object; when it is moved to another one, the watch follows.
/// </summary>
public sealed class LinuxTunDevice : ITunDevice
{
    /// <summary>What the kernel's WireGuard gives a new interface: an Ethernet MTU less the largest overhead.</summary>
    public const int DefaultMtu = 1420;

    private readonly LinuxTunQueue[] _queues;
    private readonly LinkMonitor _monitor;

    private LinuxTunDevice(string name, LinuxTunQueue[] queues, EngineLog log)
    {
        Name = name;
        _queues = queues;
        Queues = queues;
        _monitor = new LinkMonitor(name, queues[0], log);
    }

    /// <summary>The name at the start; a later rename is not followed.</summary>
    public string Name { get; }

    public PathMtus Mtus => _monitor.Mtus;

    public IReadOnlyList<ITunQueue> Queues { get; }

    /// <summary>
    /// Each new handler is first told the present state (Up or Down), then every change, on the monitor's own thread.
    /// </summary>
    public event Action<TunEvent>? Changed
    {
        add => _monitor.Subscribe(value);
        remove => _monitor.Unsubscribe(value);
    }

    /// <summary>Makes the interface, down and without addresses.</summary>
    /// <param name="name">1 to 15 of a-z, A-Z, 0-9, '_', '=', '+', '.', '-'.</param>
    /// <param name="mtu">Bytes; null: <see cref="DefaultMtu"/>.</param>
    /// <param name="offloads">What to use where the kernel has it.</param>
    /// <param name="queues">Of more than one, each flow has its own: the kernel reads from it what was last written to it.</param>
    /// <exception cref="TunException"/>
    public static LinuxTunDevice Create(string name, int? mtu, EngineLog log, TunOffloads offloads = TunOffloads.All, int queues = 1)
    {
        LinuxTun.ValidateName(name);
        var descriptor = LinuxTun.OpenNew(name, withHeader: offloads.HasFlag(TunOffloads.Header), isFirstOfSeveral: queues > 1);
        var features = LinuxTun.Negotiate(descriptor, offloads);
        List<LinuxTunQueue> opened = [new(descriptor, features)];
        try
        {
            while (opened.Count < queues)
                opened.Add(new LinuxTunQueue(LinuxTun.OpenBeside(descriptor, name), features));
            LinuxTun.SetMtu(name, mtu ?? DefaultMtu);
            LinuxTun.DisableAutomaticLinkLocal(name, log);
            return new LinuxTunDevice(name, [.. opened], log);
        }
        catch (Exception exception)
        {
            foreach (var queue in opened)
                queue.Close();
            if (exception is LinuxException failure)
                throw CannotWatch(name, failure);
            throw;
        }
    }

    /// <summary>
    /// Takes over a TUN descriptor that somebody else opened (WG_TUN_FD); it belongs to the device from now on, and stays
    /// the caller's when this throws. Name and MTU stay as they are.
    /// </summary>
    /// <param name="descriptor">Open, of a TUN device without packet information.</param>
    /// <param name="offloads">What to use where the kernel has it and the device has a header before its packets.</param>
    /// <exception cref="TunException">WrongDescriptor: no TUN device, or one with packet information.</exception>
    public static LinuxTunDevice FromFileDescriptor(int descriptor, EngineLog log, TunOffloads offloads = TunOffloads.All)
    {
        var name = LinuxTun.TakeOver(descriptor);
        try
        {
            return new LinuxTunDevice(name, [new LinuxTunQueue(descriptor, LinuxTun.Negotiate(descriptor, offloads))], log);
        }
        catch (LinuxException exception)
        {
            throw CannotWatch(name, exception);
        }
    }

    /// <summary>Waits for a handler that is running (unless called by it), so the caller holds no lock that a handler takes.</summary>
    public void Dispose()
    {
        _monitor.Dispose();
        foreach (var queue in _queues)
            queue.Close();
    }

    private static TunException CannotWatch(string name, LinuxException exception) =>
        new(TunError.Failed, $"Cannot watch interface {name}: {exception.Message}", exception);
}
