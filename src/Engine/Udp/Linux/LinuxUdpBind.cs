using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Udp;

/// <summary>
/// The tunnel's port on Linux, one lane. Sockets are made in the network namespace of the thread that calls
/// <see cref="Open"/>, and stay in it when the interface moves to another.
/// </summary>
public sealed class LinuxUdpBind : IUdpBind
{
    private readonly Lock _lock = new();
    private readonly LinuxUdpSocket _socket = new();
    private readonly EngineLog _log;
    private bool _disposed;

    public LinuxUdpBind(EngineLog log)
    {
        _log = log;
        Sockets = [_socket];
    }

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
                return port;
            }
            var pair = UdpSocketPair.Bind(port, fwMark);
            _socket.Replace(pair);
            _log.Verbose($"UDP port {pair.Port} is bound in IPv4{(pair.IPv6 >= 0 ? " and IPv6" : " only: the host has no IPv6")}");
            return pair.Port;
        }
    }

    public void SetFwMark(uint fwMark)
    {
        lock (_lock)
            _socket.Pair?.SetFwMark(fwMark);
    }

    public void Close()
    {
        lock (_lock)
            _socket.Replace(null);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _socket.Replace(null);
        }
    }
}
