using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Device;

/// <summary>A whole device over memory, pumped by hand with a clock set by hand.</summary>
internal sealed class DeviceUnderTest : IDisposable
{
    internal DeviceUnderTest(ChannelNetwork network, ManualTimeProvider time, string name, Parts? parts, params IPAddress[] addresses)
    {
        Address = addresses[0];
        var lanes = parts?.Lanes ?? 1;
        Tun = new ChannelTun(name, queues: lanes);
        Bind = network.Attach(lanes, addresses);
        Device = new WireGuardDevice(new DeviceOptions
        {
            Name = name,
            Tun = Tun,
            Bind = Bind,
            Aead = parts?.Cipher ?? TransportAeadFactory.Create(parts?.Aead),
            TimeProvider = time,
            Log = Log,
            Ephemerals = parts?.Ephemerals ?? EphemeralSource.System,
            // The two ends of a pair must not retry in step, and every run must go the same way.
            Jitter = parts?.Jitter ?? new Random(BitConverter.ToInt32(addresses[0].GetAddressBytes())),
        });
        _lanes = new LaneGroup(Device, [.. Enumerable.Range(0, lanes).Select(lane => new ChannelLaneIo(Tun, Bind, lane))]);
        Device.EventRaised += raised =>
        {
            lock (Events)
                Events.Add(raised);
        };
        Device.Apply(new DeviceChange { PrivateKey = Key, ListenPort = Port });
        Tun.Raise(TunEvent.Up);
    }

    /// <summary>What a test may choose; null: as usual.</summary>
    internal sealed record Parts(EphemeralSource? Ephemerals = null, Random? Jitter = null, string? Aead = null, TransportAead? Cipher = null, int Lanes = 1);

    private readonly LaneGroup _lanes;

    internal const ushort Port = 51820;

    internal SecretKey Key { get; } = SecretKey.RandomPrivateKey();

    internal IPAddress Address { get; }

    internal ChannelTun Tun { get; }

    internal ChannelBind Bind { get; }

    internal WireGuardDevice Device { get; }

    internal List<DeviceEvent> Events { get; } = [];

    internal CapturingLog Log { get; } = new();

    internal PublicKey PublicKey
    {
        get
        {
            using var snapshot = Device.Snapshot();
            return snapshot.PublicKey!.Value;
        }
    }

    internal IPEndPoint Endpoint => new(Address, Port);

    internal void AddPeer(DeviceUnderTest other, string[] allowedIPs, bool withEndpoint = true, SecretKey? presharedKey = null, ushort? keepalive = null) =>
        Device.Apply(new DeviceChange
        {
            Peers =
            [
                new PeerChange
                {
                    PublicKey = other.PublicKey,
                    Endpoint = withEndpoint ? other.Endpoint : null,
                    PresharedKey = presharedKey?.Clone(),
                    PersistentKeepalive = keepalive,
                    AllowedIPs = [.. allowedIPs.Select(a => new AllowedIPChange(IPNetwork.Parse(a)))],
                },
            ],
        });

    internal PeerSnapshot Peer(PublicKey key)
    {
        using var snapshot = Device.Snapshot();
        return snapshot.Peers.Single(p => p.PublicKey == key);
    }

    /// <summary>Runs lanes and worker on threads of their own, instead of by <see cref="Pump"/>.</summary>
    internal void Start()
    {
        Device.Start();
        _lanes.Start();
    }

    internal bool PumpLanes() => _lanes.Pump();

    internal int QueuedHandshakes => Device.QueuedHandshakes;

    internal bool Pump()
    {
        var worked = _lanes.Pump();
        Device.RunTimers();
        return worked | Device.RunHandshakes();
    }

    public void Dispose()
    {
        _lanes.Dispose();
        Device.Dispose();
        Key.Dispose();
    }
}
