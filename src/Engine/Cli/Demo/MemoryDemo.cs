using System.Diagnostics;
using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Cli.Demo;

/// <summary>The same without root: two devices, complete but for the system's TUN and UDP, joined in memory.</summary>
internal sealed class MemoryDemo(TextWriter output, CancellationToken cancel)
{
    private const ushort Port = 51820;
    private const int Pings = 5;
    private const int PacketSize = 1420;
    private const int MaxWaiting = 1024;
    private const byte UnassignedProtocol = 253;
    private static readonly TimeSpan TransferTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(8);

    public void Run()
    {
        output.WriteLine("Two engines' devices in this process, joined in memory.");
        var network = new ChannelNetwork();
        using var leftKey = SecretKey.RandomPrivateKey();
        using var rightKey = SecretKey.RandomPrivateKey();
        using var left = new Host("A", 1, network, leftKey);
        using var right = new Host("B", 2, network, rightKey);
        left.Meet(right);
        right.Meet(left);
        TransportAeadFactory.Warm(TransportAeadFactory.Best);

        using var answering = new Answering(right);
        Ping(left, right);
        var throughput = Transfer(left, right, answering);
        output.WriteLine();
        DemoReport.WriteTable(output, [left.End(null), right.End(throughput)], DateTimeOffset.UtcNow);
    }

    private void Ping(Host from, Host to)
    {
        var identifier = (ushort)Environment.ProcessId;
        using var arrived = new AutoResetEvent(false);
        void OnActivity() => arrived.Set();
        from.Tun.Activity += OnActivity;
        for (ushort sequence = 1; sequence <= Pings; sequence++)
        {
            cancel.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            from.Tun.Inject(EchoMessage.InIPv4(from.TunnelAddress.GetAddressBytes(), to.TunnelAddress.GetAddressBytes(), EchoMessage.Request(identifier, sequence)));
            while (from.Tun.TakeOrNull() is not { } reply || !EchoMessage.IsReplyTo(reply, identifier, sequence))
            {
                if (watch.Elapsed > PingTimeout)
                    throw new CommandException(ExitCode.Timeout, $"No answer from {to.TunnelAddress} through the tunnel.");
                arrived.WaitOne(TimeSpan.FromMilliseconds(100));
            }

            output.WriteLine($"ping {to.TunnelAddress}: answer {sequence} after {DemoReport.Milliseconds(watch.Elapsed)}{(sequence == 1 ? " (with the handshake)" : "")}");
        }

        from.Tun.Activity -= OnActivity;
    }

    /// <summary>Bits a second that arrived.</summary>
    private double Transfer(Host from, Host to, Answering arrived)
    {
        var packet = EchoMessage.InIPv4(from.TunnelAddress.GetAddressBytes(), to.TunnelAddress.GetAddressBytes(), new byte[PacketSize - EchoMessage.IPv4HeaderSize], UnassignedProtocol);
        var before = arrived.Bytes;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TransferTime)
        {
            cancel.ThrowIfCancellationRequested();
            // Nothing here slows a sender down but this.
            if (from.Tun.Waiting + to.Tun.Delivered < MaxWaiting)
                from.Tun.Inject(packet);
            else
                Thread.Yield();
        }

        var seconds = watch.Elapsed.TotalSeconds;
        var bytes = arrived.Bytes - before;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Packets of {PacketSize} bytes {from.Label} to {to.Label}: {HumanText.Bytes((ulong)bytes)} in {seconds:0.0} s, {DemoReport.Rate(bytes * 8 / seconds)}"));
        return bytes * 8 / seconds;
    }

    /// <summary>Plays the host behind a device: answers pings, counts the rest.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly Host _host;
        private readonly AutoResetEvent _arrived = new(false);
        private readonly Thread _thread;
        private volatile bool _isEnding;
        private long _bytes;

        public Answering(Host host)
        {
            _host = host;
            host.Tun.Activity += OnActivity;
            _thread = new Thread(Work) { IsBackground = true, Name = "demo host" };
            _thread.Start();
        }

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Dispose()
        {
            _isEnding = true;
            _arrived.Set();
            _thread.Join();
            _host.Tun.Activity -= OnActivity;
            _arrived.Dispose();
        }

        private void OnActivity() => _arrived.Set();

        private void Work()
        {
            var buffer = new byte[PacketBatch.MaxPacket];
            while (!_isEnding)
            {
                int length;
                while ((length = _host.Tun.TryTake(buffer)) >= 0)
                {
                    if (EchoMessage.TryAnswer(buffer.AsSpan(0, length)))
                        _host.Tun.Inject(buffer.AsSpan(0, length));
                    else
                        Interlocked.Add(ref _bytes, length);
                }

                _arrived.WaitOne();
            }
        }
    }

    /// <summary>One end: a device and its addresses.</summary>
    private sealed class Host : IDisposable
    {
        private readonly WireGuardDevice _device;
        private readonly LaneGroup _lanes;
        private readonly IPEndPoint _outside;
        private readonly PublicKey _publicKey;

        public Host(string label, byte number, ChannelNetwork network, SecretKey key)
        {
            Label = label;
            TunnelAddress = new IPAddress([10, 77, 0, number]);
            _outside = new IPEndPoint(new IPAddress([192, 0, 2, number]), Port);
            Tun = new ChannelTun("demo-" + label.ToLowerInvariant());
            var bind = network.Attach(_outside.Address);
            _device = new WireGuardDevice(new DeviceOptions
            {
                Name = Tun.Name,
                Tun = Tun,
                Bind = bind,
                Aead = TransportAeadFactory.Best,
            });
            _lanes = new LaneGroup(_device, [new ChannelLaneIo(Tun, bind)]);
            using (var change = new DeviceChange { PrivateKey = key.Clone(), ListenPort = Port })
                _device.Apply(change);
            using (var snapshot = _device.Snapshot())
                _publicKey = snapshot.PublicKey!.Value;
            _device.Up();
            _device.Start();
            _lanes.Start();
        }

        public string Label { get; }

        public ChannelTun Tun { get; }

        public IPAddress TunnelAddress { get; }

        public void Meet(Host other) => _device.Apply(new DeviceChange
        {
            Peers =
            [
                new PeerChange
                {
                    PublicKey = other._publicKey,
                    Name = other.Label,
                    Endpoint = other._outside,
                    AllowedIPs = [new AllowedIPChange(new IPNetwork(other.TunnelAddress, 32))],
                },
            ],
        });

        public DemoEnd End(double? throughput)
        {
            using var snapshot = _device.Snapshot();
            var peer = snapshot.Peers.Single();
            return new DemoEnd($"{Label} (in memory)", peer.Endpoint?.ToString() ?? "-", peer.LastHandshake, peer.RxBytes, peer.TxBytes, throughput);
        }

        public void Dispose()
        {
            _lanes.Dispose();
            _device.Dispose();
        }
    }
}
