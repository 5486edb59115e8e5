using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;

namespace WireGuard.Engine.Device;

/// <summary>
/// A WireGuard interface: identity, peers and sessions behind one TUN device and one UDP port (whitepaper, sections 5
/// and 6). Lanes (Lanes/) carry packets through it, one worker thread does handshakes and timers, the control path changes things. Its parts
/// are in files of their own: Control (changes), Snapshots, Handshakes, Timers.
/// </summary>
/// <remarks>
/// Locks, in the order in which they may be taken: the control lock (one change at a time), then the handshake lock
/// (identity, handshakes in progress, removal of peers). Lanes take neither.
/// </remarks>
public sealed partial class WireGuardDevice : IDeviceControl, IDisposable
{
    private readonly Lock _controlLock = new();
    private readonly Lock _handshakeLock = new();
    private readonly DeviceOptions _options;
    private readonly HandshakeQueue _queue = new();
    private readonly TransportSender _workerSender;
    private readonly CookieReplyBatch _cookieReplies;
    private readonly Thread _worker;
    private volatile PortGuest? _guest;
    private volatile bool _isUp;
    private volatile bool _isStopping;
    private bool _isStarted;
    private bool _isDisposed;

    public WireGuardDevice(DeviceOptions options)
    {
        _options = options;
        Clock = new DeviceClock(options.TimeProvider);
        StrangerLog = new RateLimitedLog(options.Log, options.TimeProvider);
        _unknownKeyLog = new RateLimitedLog(options.Log, options.TimeProvider, TimeSpan.FromSeconds(10));
        _wallClockWatch = new WallClockWatch(Clock, options.Log);
        _workerSender = new TransportSender(this, options.Bind.Sockets[0]);
        _cookieReplies = new CookieReplyBatch(options.Bind.Sockets[0]);
        _worker = new Thread(RunWorker) { Name = "wg worker", IsBackground = true };
        options.Bind.PathsChanged += OnPathsChanged;
        options.Tun.Changed += OnTunChanged;
    }

    /// <inheritdoc/>
    public event Action<DeviceEvent>? EventRaised;

    public string Name => _options.Name;

    /// <summary>Sockets are open and timers run.</summary>
    public bool IsUp => _isUp;

    internal DeviceClock Clock { get; }

    internal AllowedIPs<Peer> AllowedIPs { get; } = new();

    internal IndexTable Indices { get; } = new();

    internal TransportAead Aead => _options.Aead;

    internal EngineLog Log => _options.Log;

    /// <summary>For what anybody on the network can cause with every datagram.</summary>
    internal RateLimitedLog StrangerLog { get; }

    /// <summary>The TUN's MTU now, in bytes.</summary>
    internal PathMtus Mtus => _options.Tun.Mtus;

    /// <summary>Starts the worker. Tests that run it by hand leave this out.</summary>
    public void Start()
    {
        _isStarted = true;
        _worker.Start();
    }

    /// <summary>Opens the sockets and starts the peers' timers; no effect when up already.</summary>
    /// <exception cref="DeviceChangeException">The port cannot be bound.</exception>
    public void Up()
    {
        lock (_controlLock)
        {
            if (_isUp || _isDisposed)
                return;
            BindLocked(_listenPort, _fwMark);
            // Before anything is sent: a handshake's retry must find its timer running.
            foreach (var peer in Roster.All)
                peer.Timers.Restart();
            _isUp = true;
            foreach (var peer in Roster.All)
            {
                if (peer.Timers.PersistentKeepaliveInterval != 0)
                    RequestKeepalive(peer);
                else if (peer.Staged.Count > 0)
                    RequestFlush(peer);
            }
        }

        Raise(new DeviceEvent(DeviceEventKind.Up));
    }

    /// <summary>Gives another protocol a place on the port; one device has room for one.</summary>
    /// <param name="firstByte">Of each of its datagrams; none of ours begins so.</param>
    /// <param name="longest">Bytes of its longest datagram; longer ones are dropped.</param>
    internal PortGuest Admit(byte firstByte, int longest) => _guest = new PortGuest(firstByte, longest, _options.Bind.Sockets[0]);

    /// <summary>Takes a datagram from a lane that is none of ours.</summary>
    internal void OfferToGuest(ReadOnlySpan<byte> datagram, in UdpEndpoint from, long now)
    {
        if (_guest is { } guest && !datagram.IsEmpty && datagram[0] == guest.FirstByte)
            guest.Add(datagram, from, now);
    }

    /// <summary>Closes the sockets, drops waiting packets and forgets all sessions; no effect when down already.</summary>
    public void Down()
    {
        lock (_controlLock)
        {
            if (!_isUp)
                return;
            _isUp = false;
            _options.Bind.Close();
            lock (_handshakeLock)
            {
                foreach (var peer in Roster.All)
                    QuietenLocked(peer);
            }
        }

        Raise(new DeviceEvent(DeviceEventKind.Down));
    }

    public void Dispose()
    {
        lock (_controlLock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        _options.Tun.Changed -= OnTunChanged;
        _options.Bind.PathsChanged -= OnPathsChanged;
        Down();
        _isStopping = true;
        _queue.Wake();
        if (_isStarted)
            _worker.Join();
        RemoveEverything();
        _workerSender.Dispose();
        _cookieReplies.Dispose();
        _guest?.Dispose();
        _options.Bind.Dispose();
        _options.Tun.Dispose();
    }

    // Lanes and worker raise events in the middle of their work: a listener's fault stays the listener's.
    internal void Raise(DeviceEvent raised)
    {
        try
        {
            EventRaised?.Invoke(raised);
        }
        catch (Exception e)
        {
            Log.Error($"an event's listener failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private void OnTunChanged(TunEvent change)
    {
        try
        {
            switch (change)
            {
                case TunEvent.Up:
                    Up();
                    break;
                case TunEvent.Down:
                    Down();
                    break;
                case TunEvent.MtuChanged:
                    Log.Information($"MTU is now {Mtus.Link}");
                    break;
                case TunEvent.Removed:
                    Log.Information("the interface is gone");
                    Down();
                    break;
            }
        }
        catch (Exception e)
        {
            // The link is up whatever we say; without a socket it carries nothing until the port is changed. Whatever
            // else went wrong must not end the thread that watches the link, and the process with it.
            Log.Error(e.Message);
            Raise(new DeviceEvent(DeviceEventKind.Error, Detail: e.Message));
        }
    }
}
