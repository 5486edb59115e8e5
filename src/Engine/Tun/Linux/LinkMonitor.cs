using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Tun;

/// <summary>
/// Watches one TUN interface through rtnetlink's link messages, on a thread of its own, and turns them into
/// <see cref="TunEvent"/>s. A handler may dispose the monitor.
/// </summary>
internal sealed unsafe class LinkMonitor : IDisposable
{
    private const uint Groups = RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;

    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly LinuxTunQueue _queue;
    private readonly EngineLog _log;
    private readonly Thread _thread;
    private readonly int _wakeEvent = Libc.CreateEvent();
    private readonly List<Action<TunEvent>> _newHandlers = [];
    private readonly List<Action<TunEvent>> _handlers = [];
    private NetlinkSocket _socket;
    private RouteMtus _routes;
    private int _index;

    /// <summary>Up, Down or Removed: what a new handler hears first. Null until the kernel's first answer.</summary>
    private TunEvent? _state;
    private PathMtus _mtus;
    private List<int> _ofRoutes = [];
    private long? _routesDue;
    private bool _stopping;
    private bool _ended;

    /// <summary>Routes change in runs: one look for each.</summary>
    private const long RunMilliseconds = 50;

    /// <summary>Begins to watch, in the calling thread's network namespace.</summary>
    /// <exception cref="LinuxException"/>
    public LinkMonitor(string name, LinuxTunQueue queue, EngineLog log)
    {
        _name = name;
        _queue = queue;
        _log = log;
        try
        {
            _socket = NetlinkSocket.Open(groups: Groups);
            _routes = new RouteMtus();
            _index = (int)Libc.InterfaceIndex(name);
            _mtus = new PathMtus(LinuxTun.GetMtu(name) ?? LinuxTunDevice.DefaultMtu);
        }
        catch
        {
            _socket?.Dispose();
            _routes?.Dispose();
            _ = Libc.Close(_wakeEvent);
            throw;
        }
        _thread = new Thread(Run) { IsBackground = true, Name = $"link {name}" };
        _thread.Start();
    }

    /// <summary>As the last messages had them.</summary>
    public PathMtus Mtus => Volatile.Read(ref _mtus);

    /// <summary>The handler hears the present state first.</summary>
    public void Subscribe(Action<TunEvent>? handler)
    {
        if (handler is null)
            return;
        lock (_lock)
        {
            if (_ended)
                return;
            _newHandlers.Add(handler);
            Libc.SignalEvent(_wakeEvent);
        }
    }

    public void Unsubscribe(Action<TunEvent>? handler)
    {
        if (handler is null)
            return;
        lock (_lock)
        {
            if (!_newHandlers.Remove(handler))
                _handlers.Remove(handler);
        }
    }

    /// <summary>No event comes after this has returned, but the one that the calling handler is in.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _stopping = true;
                Libc.SignalEvent(_wakeEvent);
            }
        }
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    private bool Stopping => Volatile.Read(ref _stopping);

    private void Run()
    {
        try
        {
            if (_index == 0)
                FollowOrRemove();
            else
                RequestState();
            while (!Stopping)
            {
                GreetNewHandlers();
                if (WaitReadable())
                    ReadMessages();
                if (_routesDue <= Environment.TickCount64)
                    ReadRoutes();
            }
        }
        catch (LinuxException exception) when (!Stopping)
        {
            // Without news of the link the tunnel still carries packets; ending it would be worse.
            _log.Error($"{_name}: link changes are no longer seen: {exception.Message}");
        }
        catch (LinuxException)
        {
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _ended = true;
            _ = Libc.Close(_wakeEvent);
        }
        _socket.Dispose();
        _routes.Dispose();
    }

    /// <summary>True when netlink has something; false when woken.</summary>
    private bool WaitReadable()
    {
        var descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new PollDescriptor { Descriptor = _wakeEvent, Events = Libc.POLLIN };
        descriptors[1] = new PollDescriptor { Descriptor = _state == TunEvent.Removed ? -1 : _socket.Descriptor, Events = Libc.POLLIN };
        var wait = _routesDue is { } due ? (int)Math.Clamp(due - Environment.TickCount64, 0, RunMilliseconds) : -1;
        if (Libc.Poll(descriptors, 2, wait) < 0)
            return Libc.LastError == Errno.EINTR ? false : throw LinuxException.FromLastError("poll");
        if (descriptors[0].Returned != 0)
            Libc.DrainEvent(_wakeEvent);
        return descriptors[1].Returned != 0;
    }

    private void RequestState()
    {
        _socket.Post(NetlinkRequest.Create(RTM_GETLINK, 0, new LinkMessage { Index = _index }));
        RequestRoutes();
    }

    private void RequestRoutes() => _routesDue ??= Environment.TickCount64 + RunMilliseconds;

    private void ReadRoutes()
    {
        _routesDue = null;
        if (_state == TunEvent.Removed)
            return;
        _ofRoutes = _routes.Read(_index);
        Volatile.Write(ref _mtus, new PathMtus(_mtus.Link, _ofRoutes));
    }

    private void ReadMessages()
    {
        ReadOnlySpan<byte> datagram;
        try
        {
            datagram = _socket.Receive();
        }
        catch (LinuxException exception) when (exception.ErrorCode == Errno.ENOBUFS)
        {
            // A storm of other links' messages drowned ours: ask what is.
            RequestState();
            return;
        }
        while (!Stopping && NetlinkMessage.TryTake(ref datagram, out var message))
        {
            if (message.Header.Type == NetlinkConstants.NLMSG_ERROR && NetlinkAcknowledgement.Parse(message).ErrorCode == Errno.ENODEV)
            {
                FollowOrRemove();
                return;
            }
            if (RouteMtus.TryParse(message, _index, out _))
                RequestRoutes();
            if (message.Header.Type is not (RTM_NEWLINK or RTM_DELLINK) || !message.TryRead(out LinkMessage link) || link.Index != _index || link.Family != 0)
                continue;
            if (message.Header.Type == RTM_DELLINK)
            {
                FollowOrRemove();
                return;
            }
            Take((link.Flags & IFF_UP) != 0, (int?)message.AttributesAfter(sizeof(LinkMessage)).UInt32(IFLA_MTU));
        }
    }

    private void Take(bool isUp, int? mtu)
    {
        if (mtu is { } value && value != _mtus.Link)
        {
            Volatile.Write(ref _mtus, new PathMtus(value, _ofRoutes));
            Raise(TunEvent.MtuChanged);
        }
        // What goes with a link that goes down is told of in IPv6 alone.
        RequestRoutes();
        Enter(isUp ? TunEvent.Up : TunEvent.Down);
    }

    private void Enter(TunEvent state)
    {
        if (_state == state)
            return;
        _state = state;
        Raise(state);
    }

    /// <summary>The link has left this namespace: for another, where it is watched on, or for good.</summary>
    private void FollowOrRemove()
    {
        // An index of 0 means that it was moved once more between the two calls.
        do
        {
            if (!_queue.TryGetInterface(out var request))
            {
                Enter(TunEvent.Removed);
                return;
            }
            Follow(request.Name);
        }
        while (_index == 0 && !Stopping);
        _log.Verbose($"{_name}: moved to another network namespace; watching it there");
        RequestState();
    }

    private void Follow(string name)
    {
        var netns = _queue.OpenNetworkNamespace();
        if (netns < 0)
            throw LinuxException.FromLastError("ioctl(TUNGETDEVNETNS)");
        try
        {
            var (socket, routes, index) = Libc.RunInNetworkNamespace(netns, () =>
                (NetlinkSocket.Open(groups: Groups), new RouteMtus(), (int)Libc.InterfaceIndex(name)));
            _socket.Dispose();
            _socket = socket;
            _routes.Dispose();
            _routes = routes;
            _index = index;
        }
        finally
        {
            _ = Libc.Close(netns);
        }
    }

    private void GreetNewHandlers()
    {
        if (_state is not { } state)
            return;
        Action<TunEvent>[] greeted;
        lock (_lock)
        {
            if (_newHandlers.Count == 0)
                return;
            greeted = [.. _newHandlers];
            _newHandlers.Clear();
            _handlers.AddRange(greeted);
        }
        foreach (var handler in greeted)
            handler(state);
    }

    private void Raise(TunEvent change)
    {
        Action<TunEvent>[] handlers;
        lock (_lock)
            handlers = [.. _handlers];
        foreach (var handler in handlers)
        {
            if (!Stopping)
                handler(change);
        }
    }
}
