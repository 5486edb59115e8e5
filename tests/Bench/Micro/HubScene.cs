using System.Buffers.Binary;
using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Udp;

namespace WireGuard.Bench.Micro;

/// <summary>A device with some peers, each a device too, with sessions between them, on a network in memory; one thread does all.</summary>
internal sealed class HubScene : IDisposable
{
    private const uint HubInside = 0xAC10_0001;
    private const uint SpokesOutside = 0xC612_0000;

    private readonly MemoryNode _hub;
    private readonly MemoryNode[] _spokes;
    private readonly uint[] _destinations;
    private readonly uint[] _sources;
    private readonly byte[] _packet = new byte[2048];
    private int _next;

    /// <param name="prefixes">Of each peer.</param>
    public HubScene(int peers, int prefixes)
    {
        var network = new ChannelNetwork();
        _hub = new MemoryNode(network, IPAddress.Parse("192.0.2.1"));
        _spokes = [.. Enumerable.Range(0, peers).Select(i => new MemoryNode(network, ToAddress(SpokesOutside + (uint)i)))];
        // An odd factor gives each another network of 10.0.0.0/8.
        uint[] networks = [.. Enumerable.Range(0, peers * prefixes).Select(i => 0x0A00_0000 | ((uint)(i * 40_503L) & 0xFFFF) << 8)];
        _hub.Apply(new DeviceChange
        {
            Peers = [.. _spokes.Select((spoke, i) => new PeerChange
            {
                PublicKey = spoke.PublicKey,
                AllowedIPs = [.. networks.Skip(i * prefixes).Take(prefixes).Select(n => new AllowedIPChange(new IPNetwork(ToAddress(n), 24)))],
            })],
        });
        _sources = [.. Enumerable.Range(0, peers).Select(i => networks[i * prefixes] | 1)];
        _destinations = [.. networks.Select(n => n | 1)];
        for (var i = 0; i < peers; i++)
            Connect(i);
        new Random(peers).Shuffle(_destinations);
    }

    /// <summary>Lets packets wait at the hub's TUN.</summary>
    /// <param name="isSpread">To all prefixes in turn, rather than to one.</param>
    public void PrepareOut(int count, int length, bool isSpread)
    {
        for (var i = 0; i < count; i++)
            _hub.Tun.Inject(Packet(HubInside, _destinations[isSpread ? Next(_destinations.Length) : 0], length));
        _hub.Discarded = 0;
    }

    /// <summary>Lets sealed packets wait at the hub's socket.</summary>
    /// <param name="isSpread">From all peers in turn, rather than from one.</param>
    public void PrepareIn(int count, int length, bool isSpread)
    {
        for (var i = 0; i < count; i++)
        {
            var spoke = isSpread ? Next(_spokes.Length) : 0;
            _spokes[spoke].Tun.Inject(Packet(_sources[spoke], HubInside, length));
            _spokes[spoke].Lanes.Pump();
        }
    }

    /// <summary>The hub's work on what waits.</summary>
    public void Work()
    {
        while (_hub.Lanes.Pump())
        {
        }
    }

    /// <summary>Takes away what came out; how many packets there were.</summary>
    public int Clear()
    {
        var count = _hub.Discarded ?? 0;
        for (; _hub.Tun.TryTake(_packet) >= 0; count++)
        {
        }

        _hub.Discarded = null;
        return count;
    }

    public void Dispose()
    {
        foreach (var spoke in _spokes)
            spoke.Dispose();
        _hub.Dispose();
    }

    private void Connect(int number)
    {
        var spoke = _spokes[number];
        spoke.Apply(new DeviceChange
        {
            Peers = [new PeerChange { PublicKey = _hub.PublicKey, Endpoint = _hub.Endpoint, AllowedIPs = [new AllowedIPChange(IPNetwork.Parse("0.0.0.0/0"))] }],
        });
        spoke.Tun.Inject(Packet(_sources[number], HubInside, 64));
        while (spoke.Pump() | _hub.Pump())
        {
        }

        if (_hub.Tun.TryTake(_packet) < 0)
            throw new InvalidOperationException("No session came about.");
    }

    private int Next(int length) => _next = (_next + 1) % length;

    private ReadOnlySpan<byte> Packet(uint source, uint destination, int length)
    {
        var packet = _packet.AsSpan(0, length);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)length);
        packet[8] = 64;
        packet[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], destination);
        return packet;
    }

    private static IPAddress ToAddress(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }
}
