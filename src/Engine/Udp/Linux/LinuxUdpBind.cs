using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// The tunnel's port on Linux. Sockets are made in the network namespace of the thread that calls
/// <see cref="Open"/>, and stay in it when the interface moves to another.
/// </summary>
public sealed class LinuxUdpBind : IUdpBind
{
    private const int ReopenAttempts = 20;
    private static readonly TimeSpan s_reopenPause = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly LinuxUdpSocket[] _sockets;
    private readonly EngineLog _log;
    private readonly UdpOffloads _offloads;
    private readonly NamespaceHandle? _netns;
    private ushort _closedPort;
    private uint _fwMark;
    private PathMonitor? _paths;
    private SourceCheck? _sources;
    private bool _disposed;

    /// <param name="offloads">What to use where the kernel has it.</param>
    /// <param name="lanes">Each has sockets of its own; with more than one they share the port.</param>
    public LinuxUdpBind(EngineLog log, UdpOffloads offloads = UdpOffloads.All, int lanes = 1)
        : this(log, offloads, lanes, null)
    {
    }

    /// <inheritdoc cref="LinuxUdpBind(EngineLog, UdpOffloads, int)"/>
    /// <param name="netns">Where sockets are made, whoever opens; null: in the calling thread's.</param>
    internal LinuxUdpBind(EngineLog log, UdpOffloads offloads, int lanes, NamespaceHandle? netns)
    {
        _netns = netns;
        _log = log;
        _offloads = offloads;
        _sockets = new LinuxUdpSocket[lanes];
        for (var i = 0; i < lanes; i++)
            _sockets[i] = new LinuxUdpSocket();
        Sockets = _sockets;
    }

    public event Action? PathsChanged;

    public ushort Port => _sockets[0].Pair?.Port ?? 0;

    public IReadOnlyList<IUdpSocket> Sockets { get; }

    /// <summary>As the interface says; with the port that is open already the sockets stay and only the mark is set.</summary>
    public ushort Open(ushort port, uint fwMark)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (port != 0 && port == Port)
            {
                Mark(fwMark);
                return port;
            }
            var pairs = _netns is null ? BindAndWatch(port, fwMark) : _netns.Run(() => BindAndWatch(port, fwMark));
            Volatile.Write(ref _fwMark, fwMark);
            Replace(pairs);
            _log.Verbose($"UDP port {pairs[0].Port} is bound in IPv4{(pairs[0].IPv6 >= 0 ? " and IPv6" : " only: the host has no IPv6")}");
            return pairs[0].Port;
        }
    }

    public void SetFwMark(uint fwMark)
    {
        lock (_lock)
            Mark(fwMark);
    }

    public bool SourceStillServes(in UdpEndpoint endpoint)
    {
        try
        {
            // Made by the monitor's thread, which is in the sockets' namespace.
            return (_sources ??= new SourceCheck()).StillServes(in endpoint, Volatile.Read(ref _fwMark));
        }
        catch (LinuxException failure)
        {
            _log.Verbose($"a source address could not be checked: {failure.Message}");
            return false;
        }
    }

    public void Close()
    {
        lock (_lock)
            Replace(null);
    }

    public void Dispose()
    {
        PathMonitor? paths;
        lock (_lock)
        {
            _disposed = true;
            Replace(null);
            (paths, _paths) = (_paths, null);
        }
        // Outside the lock, which the thread that it waits for may be about to take.
        paths?.Dispose();
        _sources?.Dispose();
    }

    private UdpSocketPair[] BindAndWatch(ushort port, uint fwMark)
    {
        var pairs = BindAll(port, fwMark);
        WatchPaths();
        return pairs;
    }

    /// <summary>From the first binding on, for good: every later one is in the same namespace.</summary>
    private void WatchPaths()
    {
        try
        {
            _paths ??= new PathMonitor(() => PathsChanged?.Invoke(), _log);
        }
        catch (LinuxException failure)
        {
            // The handshake's retry still forgets a source that leads nowhere, only later.
            _log.Error($"changes of addresses and routes are not seen: {failure.Message}");
        }
    }

    /// <summary>
    /// The port that was closed a moment ago can still be held by a child of this process between fork and exec, where
    /// close-on-exec has not come to pass yet; it is asked for again before it counts as taken.
    /// </summary>
    private UdpSocketPair Bind(ushort port, uint fwMark)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return UdpSocketPair.Bind(port, fwMark, _offloads);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                && port != 0 && port == _closedPort && attempt < ReopenAttempts)
            {
                Thread.Sleep(s_reopenPause);
            }
        }
    }

    private UdpSocketPair[] BindAll(ushort port, uint fwMark)
    {
        var first = Bind(port, fwMark);
        try
        {
            return first.WithBeside(_sockets.Length - 1, fwMark, _offloads);
        }
        catch
        {
            first.Close(null);
            throw;
        }
    }

    private void Mark(uint fwMark)
    {
        foreach (var socket in _sockets)
            socket.Pair?.SetFwMark(fwMark);
        Volatile.Write(ref _fwMark, fwMark);
    }

    private void Replace(UdpSocketPair[]? pairs)
    {
        if (Port != 0)
            _closedPort = Port;
        for (var i = 0; i < _sockets.Length; i++)
            _sockets[i].Replace(pairs?[i]);
    }
}
