using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Lanes;

/// <summary>
/// A lane's waiting by poll(2) over its TUN queue, its UDP sockets and an eventfd. The sockets are looked up anew at
/// every wait; a rebind or a close wakes the lane, so that it never sleeps on sockets that are gone. What a wait found empty
/// is told to the queue and the socket, which then answer their next read without asking the kernel again.
/// </summary>
public sealed unsafe class LinuxLaneIo : ILaneIo
{
    private const int Descriptors = 4;

    /// <summary>How long a TUN descriptor in error (its interface was deleted) stays out of the poll set, lest the lane spin.</summary>
    private const int TunRestMilliseconds = 100;

    private readonly LinuxTunQueue _tun;
    private readonly LinuxUdpSocket _udp;
    private readonly LeaseGate _gate = new();
    private readonly int _wakeEvent = Libc.CreateEvent();
    private int _wakeSignalled;
    private bool _tunRests;

    /// <exception cref="LinuxException">No descriptor was left for the eventfd.</exception>
    public LinuxLaneIo(LinuxTunQueue tun, LinuxUdpSocket udp)
    {
        _tun = tun;
        _udp = udp;
        tun.Waker = Wake;
        udp.Waker = Wake;
    }

    public ITunQueue Tun => _tun;

    public IUdpSocket Udp => _udp;

    public void Wait(int timeoutMilliseconds)
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            var tun = _tun.Borrow();
            var sockets = _udp.Borrow();
            try
            {
                Poll(tun, sockets, timeoutMilliseconds);
            }
            finally
            {
                sockets?.Gate.Leave();
                if (tun >= 0)
                    _tun.Return();
            }
        }
        finally
        {
            _gate.Leave();
        }
    }

    public void Wake()
    {
        // Only the first of many wakes pays for a system call.
        if (Interlocked.Exchange(ref _wakeSignalled, 1) != 0 || !_gate.TryEnter())
            return;
        Libc.SignalEvent(_wakeEvent);
        _gate.Leave();
    }

    public void Dispose()
    {
        _tun.Waker = null;
        _udp.Waker = null;
        if (_gate.Shut(() => Libc.SignalEvent(_wakeEvent)))
            _ = Libc.Close(_wakeEvent);
    }

    private void Poll(int tun, UdpSocketPair? sockets, int timeoutMilliseconds)
    {
        var set = stackalloc PollDescriptor[Descriptors];
        set[0] = Readable(_wakeEvent);
        set[1] = Readable(_tunRests ? -1 : tun);
        set[2] = Readable(sockets?.IPv4 ?? -1);
        set[3] = Readable(sockets?.IPv6 ?? -1);
        if (_tunRests && (uint)timeoutMilliseconds > TunRestMilliseconds)
            timeoutMilliseconds = TunRestMilliseconds;
        if (Libc.Poll(set, Descriptors, timeoutMilliseconds) < 0)
            return;
        _tun.IsKnownEmpty = set[1].Returned == 0;
        _udp.AreKnownEmpty(set[2].Returned == 0, set[3].Returned == 0);
        _tunRests = (set[1].Returned & (Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL)) != 0 && (set[1].Returned & Libc.POLLIN) == 0;
        if (set[0].Returned == 0)
            return;
        Libc.DrainEvent(_wakeEvent);
        // A wake between the two lines writes nothing: it ends this wait, and the fence lets the lane see what it is about.
        Interlocked.Exchange(ref _wakeSignalled, 0);
    }

    private static PollDescriptor Readable(int descriptor) => new() { Descriptor = descriptor, Events = Libc.POLLIN };
}
