using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Bench.Micro;

/// <summary>A whole device on a network in memory, with one lane and no thread of its own.</summary>
internal sealed class MemoryNode : IDisposable
{
    private const ushort Port = 51820;

    private readonly Io _io;

    public MemoryNode(ChannelNetwork network, IPAddress address)
    {
        var bind = network.Attach(address);
        Endpoint = new IPEndPoint(address, Port);
        Device = new WireGuardDevice(new DeviceOptions { Name = "bench", Tun = Tun, Bind = bind, Aead = TransportAeadFactory.Best });
        _io = new Io(Tun, bind);
        Lanes = new LaneGroup(Device, [_io]);
        using var key = SecretKey.RandomPrivateKey();
        Apply(new DeviceChange { PrivateKey = key.Clone(), ListenPort = Port });
        using (var snapshot = Device.Snapshot())
            PublicKey = snapshot.PublicKey!.Value;
        Device.Up();
    }

    public ChannelTun Tun { get; } = new("bench");

    public WireGuardDevice Device { get; }

    public LaneGroup Lanes { get; }

    public IPEndPoint Endpoint { get; }

    public PublicKey PublicKey { get; }

    public void Apply(DeviceChange change)
    {
        using (change)
            Device.Apply(change);
    }

    /// <summary>Datagrams of the lane that were not sent since it was told to leave them; null: it sends.</summary>
    public int? Discarded
    {
        get => _io.Discarded;
        set => _io.Discarded = value;
    }

    public bool Pump() => Lanes.Pump() | Device.RunHandshakes();

    public void Dispose()
    {
        Lanes.Dispose();
        Device.Dispose();
    }

    /// <summary>A lane's way out that can end at the socket: what a receiver does with a datagram is not the sender's cost.</summary>
    private sealed class Io(ChannelTun tun, ChannelBind bind) : ILaneIo, IUdpSocket
    {
        public int? Discarded { get; set; }

        public ITunQueue Tun => tun.Queues[0];

        public IUdpSocket Udp => this;

        public int Receive(PacketBatch batch) => bind.Receive(batch);

        public int Send(PacketBatch batch)
        {
            if (Discarded is null)
                return bind.Send(batch);
            Discarded += batch.Count;
            return batch.Count;
        }

        public void Wait(int timeoutMilliseconds)
        {
        }

        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }
}
