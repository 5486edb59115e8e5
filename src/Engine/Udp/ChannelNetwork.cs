using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// A network in memory that carries datagrams between <see cref="ChannelBind"/>s. <see cref="Filter"/> sees each datagram
/// on its way and may lose, change or repeat it. Thread-safe.
/// </summary>
public sealed class ChannelNetwork
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, ChannelBind> _bound = [];
    private ushort _nextPort = 40_000;

    /// <summary>Decides what becomes of a datagram; null: delivered as it is.</summary>
    /// <param name="datagram">Its bytes; may be changed in place.</param>
    /// <returns>How many copies arrive: 0 loses it.</returns>
    public delegate int DatagramFilter(IPEndPoint from, IPEndPoint to, Span<byte> datagram);

    public DatagramFilter? Filter { get; set; }

    /// <summary>A host on this network, reachable by these addresses.</summary>
    public ChannelBind Attach(params IPAddress[] addresses) => new(this, addresses, 1);

    /// <summary>As the other, with sockets for so many lanes.</summary>
    public ChannelBind Attach(int lanes, params IPAddress[] addresses) => new(this, addresses, lanes);

    /// <summary>Puts a datagram onto the network from anywhere, as an attacker would.</summary>
    public void Inject(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> datagram) => Deliver(new ChannelRoute(from, to), datagram);

    internal ushort Bind(ChannelBind bind, IReadOnlyList<IPAddress> addresses, ushort port)
    {
        lock (_lock)
        {
            if (port == 0)
                port = _nextPort++;
            if (addresses.Any(a => _bound.TryGetValue(new IPEndPoint(a, port), out var other) && !ReferenceEquals(other, bind)))
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            foreach (var address in addresses)
                _bound[new IPEndPoint(address, port)] = bind;
            return port;
        }
    }

    internal void Unbind(ChannelBind bind)
    {
        lock (_lock)
            foreach (var endpoint in _bound.Where(b => ReferenceEquals(b.Value, bind)).Select(b => b.Key).ToList())
                _bound.Remove(endpoint);
    }

    internal void Deliver(ChannelRoute route, ReadOnlySpan<byte> datagram)
    {
        ChannelBind? bind;
        lock (_lock)
            _bound.TryGetValue(route.To, out bind);
        if (bind is null)
            return;
        if (Filter is not { } filter)
        {
            bind.Arrive(datagram, route.Arrival);
            return;
        }

        var copy = datagram.ToArray();
        for (var copies = filter(route.From, route.To, copy); copies > 0; copies--)
            bind.Arrive(copy, route.Arrival);
    }
}

/// <summary>A way between two endpoints, and how the receiver sees a datagram that came by it.</summary>
internal sealed class ChannelRoute(IPEndPoint from, IPEndPoint to)
{
    private readonly UdpEndpoint _arrival = UdpEndpoint.From(from) with
    {
        SourceHigh = UdpEndpoint.From(to).AddressHigh,
        SourceLow = UdpEndpoint.From(to).AddressLow,
    };

    internal IPEndPoint From { get; } = from;

    internal IPEndPoint To { get; } = to;

    internal ref readonly UdpEndpoint Arrival => ref _arrival;
}
