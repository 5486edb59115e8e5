using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Device;

/// <summary>Peers, keys and links that change while lanes and workers, on threads of their own, carry packets.</summary>
public sealed class PeerChurnTests
{
    private const int Rounds = 150;
    private static readonly byte[] AtoB = TestPacket.Make("10.0.0.1", "10.0.0.2");
    private static readonly byte[] BtoA = TestPacket.Make("10.0.0.2", "10.0.0.1");

    [Fact]
    public void Peers_removed_and_keys_changed_under_traffic_break_nothing_and_leave_nothing()
    {
        var network = new ChannelNetwork();
        using var a = new Running(network, "wga", "192.0.2.1");
        using var b = new Running(network, "wgb", "192.0.2.2");
        Connect(a, b, "10.0.0.2/32");
        Connect(b, a, "10.0.0.1/32");
        using var stop = new CancellationTokenSource();
        var traffic = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                a.Send(AtoB);
                b.Send(BtoA);
                a.Drain();
                b.Drain();
                Thread.Yield();
            }
        });
        traffic.Start();

        var random = new Random(7);
        for (var i = 0; i < Rounds; i++)
        {
            ChangeSomething(random.Next(6), a, b);
            Thread.Sleep(random.Next(8));
        }

        stop.Cancel();
        traffic.Join();
        a.Device.Apply(new DeviceChange { ReplacePeers = true });
        b.Device.Apply(new DeviceChange { ReplacePeers = true });
        Assert.Equal((0, 0), (a.Device.Indices.Count, b.Device.Indices.Count));
        Connect(a, b, "10.0.0.2/32");
        Connect(b, a, "10.0.0.1/32");
        Assert.True(SpinWait.SpinUntil(() =>
        {
            a.Send(AtoB);
            Thread.Sleep(20);
            return b.Drain() > 0;
        }, TimeSpan.FromSeconds(60)));
        Assert.DoesNotContain(a.Log.Entries.Concat(b.Log.Entries), e => e.Level == LogLevel.Error);
    }

    private static void ChangeSomething(int what, Running a, Running b)
    {
        switch (what)
        {
            case 0:
                a.Device.Apply(new DeviceChange { Peers = [new PeerChange { PublicKey = b.PublicKey, Mode = PeerChangeMode.Remove }] });
                break;
            case 1:
                b.Device.Apply(new DeviceChange { ReplacePeers = true });
                break;
            case 2:
                a.NewKey();
                break;
            case 3:
                a.Tun.Raise(TunEvent.Down);
                a.Tun.Raise(TunEvent.Up);
                break;
            case 4:
                a.Device.Apply(new DeviceChange { ListenPort = 0 });
                break;
        }

        Connect(a, b, "10.0.0.2/32");
        Connect(b, a, "10.0.0.1/32");
    }

    private static void Connect(Running one, Running other, string allowed) => one.Device.Apply(new DeviceChange
    {
        Peers = [new PeerChange { PublicKey = other.PublicKey, Endpoint = other.Endpoint, AllowedIPs = [new AllowedIPChange(IPNetwork.Parse(allowed))] }],
    });

    private sealed class Running : IDisposable
    {
        private readonly LaneGroup _lanes;
        private readonly IPAddress _address;
        private readonly ChannelBind _bind;
        private readonly byte[] _buffer = new byte[2048];

        internal Running(ChannelNetwork network, string name, string address)
        {
            _address = IPAddress.Parse(address);
            _bind = network.Attach(_address);
            Tun = new ChannelTun(name);
            Device = new WireGuardDevice(new DeviceOptions { Name = name, Tun = Tun, Bind = _bind, Aead = TransportAeadFactory.Create(null), Log = Log });
            _lanes = new LaneGroup(Device, [new ChannelLaneIo(Tun, _bind)]);
            NewKey();
            Device.Start();
            _lanes.Start();
            Tun.Raise(TunEvent.Up);
        }

        internal CapturingLog Log { get; } = new();

        internal ChannelTun Tun { get; }

        internal WireGuardDevice Device { get; }

        internal PublicKey PublicKey { get; private set; }

        internal IPEndPoint Endpoint => new(_address, _bind.Port);

        internal void NewKey()
        {
            using var key = SecretKey.RandomPrivateKey();
            Device.Apply(new DeviceChange { PrivateKey = key });
            using var snapshot = Device.Snapshot();
            PublicKey = snapshot.PublicKey!.Value;
        }

        internal void Send(byte[] packet)
        {
            if (Tun.Waiting < 500)
                Tun.Inject(packet);
        }

        internal int Drain()
        {
            var count = 0;
            while (Tun.TryTake(_buffer) >= 0)
                count++;
            return count;
        }

        public void Dispose()
        {
            _lanes.Dispose();
            Device.Dispose();
        }
    }
}
