using System.Net;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>A UDP port on a <see cref="ChannelNetwork"/>: the engine's socket in tests and in the demo without root.</summary>
public sealed class ChannelBind : IUdpBind, IUdpSocket
{
    private readonly ChannelNetwork _network;
    private readonly IReadOnlyList<IPAddress> _addresses;
    private readonly Socket[] _sockets;

    // A route is made once for each endpoint that the engine sends to.
    private readonly Dictionary<UdpEndpoint, ChannelRoute> _routes = [];
    private readonly Lock _routesLock = new();
    private IPAddress? _lostSource;

    internal ChannelBind(ChannelNetwork network, IReadOnlyList<IPAddress> addresses, int lanes)
    {
        _network = network;
        _addresses = addresses;
        _sockets = new Socket[lanes];
        for (var i = 0; i < lanes; i++)
            _sockets[i] = new Socket(this);
        Sockets = _sockets;
    }

    /// <summary>A datagram arrived.</summary>
    public event Action? Activity;

    public event Action? PathsChanged;

    /// <summary>Which lane's socket a datagram of a remote end comes to; the same for each as a rule.</summary>
    internal Func<UdpEndpoint, int> Steer { get; set; } = static from => from.GetHashCode() & int.MaxValue;

    public ushort Port { get; private set; }

    public uint FwMark { get; private set; }

    public IReadOnlyList<IUdpSocket> Sockets { get; }

    public ushort Open(ushort port, uint fwMark)
    {
        var bound = _network.Bind(this, _addresses, port);
        if (Port != 0 && Port != bound)
        {
            _network.Unbind(this);
            _network.Bind(this, _addresses, bound);
        }

        lock (_routesLock)
            _routes.Clear();
        Port = bound;
        FwMark = fwMark;
        return bound;
    }

    public void SetFwMark(uint fwMark) => FwMark = fwMark;

    public bool SourceStillServes(in UdpEndpoint endpoint) => _lostSource is null || !_lostSource.Equals(SourceOf(endpoint)?.Address);

    /// <summary>Plays the loss of an own address, or of the way back from it; null: all is well again.</summary>
    internal void LoseSource(IPAddress? address)
    {
        _lostSource = address;
        PathsChanged?.Invoke();
    }

    public void Close()
    {
        _network.Unbind(this);
        Port = 0;
        foreach (var socket in _sockets)
            socket.Arrived.Clear();
    }

    public int Receive(PacketBatch batch) => _sockets[0].Receive(batch);

    public int Send(PacketBatch batch)
    {
        if (Port == 0)
            return 0;
        var sent = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch[i];
            if (slot.Length <= 0 || Route(slot.Endpoint) is not { } route)
                continue;
            _network.Deliver(route, slot.Span);
            sent++;
        }

        return sent;
    }

    public void Dispose() => Close();

    internal void Arrive(ReadOnlySpan<byte> datagram, in UdpEndpoint endpoint)
    {
        _sockets[_sockets.Length == 1 ? 0 : Steer(endpoint) % _sockets.Length].Arrived.Add(datagram, endpoint);
        Activity?.Invoke();
    }

    private ChannelRoute? Route(in UdpEndpoint endpoint)
    {
        lock (_routesLock)
            return _routes.TryGetValue(endpoint, out var route) ? route : AddRoute(endpoint);
    }

    // From the source address that the endpoint asks for if it is one of ours, else from the first of the right family.
    private ChannelRoute? AddRoute(UdpEndpoint endpoint)
    {
        var to = endpoint.ToIPEndPoint();
        if (to is null)
            return null;
        var asked = SourceOf(endpoint);
        var source = _addresses.FirstOrDefault(a => endpoint.HasSource && a.Equals(asked?.Address))
            ?? _addresses.FirstOrDefault(a => a.AddressFamily == to.AddressFamily);
        return source is null ? null : _routes[endpoint] = new ChannelRoute(new IPEndPoint(source, Port), to);
    }

    private static IPEndPoint? SourceOf(in UdpEndpoint endpoint) =>
        new UdpEndpoint { AddressHigh = endpoint.SourceHigh, AddressLow = endpoint.SourceLow, Family = endpoint.Family }.ToIPEndPoint();

    private sealed class Socket(ChannelBind bind) : IUdpSocket
    {
        internal PacketFifo Arrived { get; } = new();

        public int Receive(PacketBatch batch) => Arrived.Fill(batch);

        public int Send(PacketBatch batch) => bind.Send(batch);
    }
}
