using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Control;

/// <summary>A device over memory that runs by itself: its own threads, the system's clock.</summary>
internal sealed class LiveDevice : IDisposable
{
    private const ushort Port = 51820;

    private readonly LaneGroup _lanes;

    internal LiveDevice(ChannelNetwork network, string name, string address, EngineLog? log = null)
    {
        Outside = new IPEndPoint(IPAddress.Parse(address), Port);
        Tun = new ChannelTun(name);
        var bind = network.Attach(Outside.Address);
        Device = new WireGuardDevice(new DeviceOptions
        {
            Name = name,
            Tun = Tun,
            Bind = bind,
            Aead = TransportAeadFactory.Best,
            Log = log ?? EngineLog.None,
        });
        _lanes = new LaneGroup(Device, [new ChannelLaneIo(Tun, bind)]);
        Device.Apply(new DeviceChange { PrivateKey = Key, ListenPort = Port });
        using (var snapshot = Device.Snapshot())
            PublicKey = snapshot.PublicKey!.Value;
        Device.Up();
        Device.Start();
        _lanes.Start();
    }

    internal SecretKey Key { get; } = SecretKey.RandomPrivateKey();

    internal PublicKey PublicKey { get; }

    internal IPEndPoint Outside { get; }

    internal ChannelTun Tun { get; }

    internal WireGuardDevice Device { get; }

    internal void AddPeer(LiveDevice other, string allowedIP, SecretKey? presharedKey = null) => Device.Apply(new DeviceChange
    {
        Peers =
        [
            new PeerChange
            {
                PublicKey = other.PublicKey,
                Endpoint = other.Outside,
                PresharedKey = presharedKey?.Clone(),
                AllowedIPs = [new AllowedIPChange(IPNetwork.Parse(allowedIP))],
            },
        ],
    });

    public void Dispose()
    {
        _lanes.Dispose();
        Device.Dispose();
        Key.Dispose();
    }
}
