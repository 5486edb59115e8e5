using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Tun;

/// <summary>
/// A TUN interface of Linux with one queue (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR). The interface lives as long as this object: it
/// disappears with <see cref="Dispose"/>. It is made in, and watched from, the network namespace of the thread that
/// makes the object; when it is moved to another one, the watch follows.
/// </summary>
public sealed class LinuxTunDevice : ITunDevice
{
    /// <summary>What the kernel's WireGuard gives a new interface: an Ethernet MTU less the largest overhead.</summary>
    public const int DefaultMtu = 1420;

    private readonly LinuxTunQueue _queue;
    private readonly LinkMonitor _monitor;

    private LinuxTunDevice(string name, LinuxTunQueue queue, EngineLog log)
    {
        Name = name;
        _queue = queue;
        Queues = [queue];
        _monitor = new LinkMonitor(name, queue, log);
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
    /// <exception cref="TunException"/>
    public static LinuxTunDevice Create(string name, int? mtu, EngineLog log, TunOffloads offloads = TunOffloads.All)
    {
        LinuxTun.ValidateName(name);
        var descriptor = LinuxTun.OpenNew(name, withHeader: offloads.HasFlag(TunOffloads.Header));
        var queue = new LinuxTunQueue(descriptor, LinuxTun.Negotiate(descriptor, offloads));
        try
        {
            LinuxTun.SetMtu(name, mtu ?? DefaultMtu);
            LinuxTun.DisableAutomaticLinkLocal(name, log);
            return new LinuxTunDevice(name, queue, log);
        }
        catch (LinuxException exception)
        {
            queue.Close();
            throw CannotWatch(name, exception);
        }
        catch (TunException)
        {
            queue.Close();
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
            return new LinuxTunDevice(name, new LinuxTunQueue(descriptor, LinuxTun.Negotiate(descriptor, offloads)), log);
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
        _queue.Close();
    }

    private static TunException CannotWatch(string name, LinuxException exception) =>
        new(TunError.Failed, $"Cannot watch interface {name}: {exception.Message}", exception);
}
