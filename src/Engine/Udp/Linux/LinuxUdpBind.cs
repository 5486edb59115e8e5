using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// The tunnel's port on Linux, one lane. Sockets are made in the network namespace of the thread that calls
/// <see cref="Open"/>, and stay in it when the interface moves to another.
/// </summary>
public sealed class LinuxUdpBind : IUdpBind
{
    private const int ReopenAttempts = 20;
    private static readonly TimeSpan s_reopenPause = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly LinuxUdpSocket _socket = new();
    private readonly EngineLog _log;
    private readonly UdpOffloads _offloads;
    private ushort _closedPort;
    private uint _fwMark;
    private PathMonitor? _paths;
    private SourceCheck? _sources;
    private bool _disposed;

    /// <param name="offloads">What to use where the kernel has it.</param>
    public LinuxUdpBind(EngineLog log, UdpOffloads offloads = UdpOffloads.All)
    {
        _log = log;
        _offloads = offloads;
        Sockets = [_socket];
    }

    public event Action? PathsChanged;

    public ushort Port => _socket.Pair?.Port ?? 0;

    public IReadOnlyList<IUdpSocket> Sockets { get; }

    /// <summary>As the interface says; with the port that is open already the sockets stay and only the mark is set.</summary>
    public ushort Open(ushort port, uint fwMark)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_socket.Pair is { } current && port == current.Port)
            {
                current.SetFwMark(fwMark);
                Volatile.Write(ref _fwMark, fwMark);
                return port;
            }
            var pair = Bind(port, fwMark);
            Volatile.Write(ref _fwMark, fwMark);
            WatchPaths();
            Replace(pair);
            _log.Verbose($"UDP port {pair.Port} is bound in IPv4{(pair.IPv6 >= 0 ? " and IPv6" : " only: the host has no IPv6")}");
            return pair.Port;
        }
    }

    public void SetFwMark(uint fwMark)
    {
        lock (_lock)
        {
            _socket.Pair?.SetFwMark(fwMark);
            Volatile.Write(ref _fwMark, fwMark);
        }
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

    private void Replace(UdpSocketPair? pair)
    {
        _closedPort = _socket.Pair?.Port ?? _closedPort;
        _socket.Replace(pair);
    }
}
