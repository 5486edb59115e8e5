using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Bench;

/// <summary>
/// How many handshakes a core answers: a whole device on a network in memory, on this thread alone. What it does for an
/// initiation is all there, from mac1 to the session and the response on the network; system calls are not.
/// </summary>
internal static class HandshakeBench
{
    public const string Title = "Handshakes";

    private const ushort Port = 51820;
    private const int Initiators = 256;
    private const int Rounds = 15;

    // What a responder cannot do without: three secrets (the fourth, of both static keys, is known) and its ephemeral key.
    private const int Secrets = 3;

    public static Section Measure()
    {
        var answering = new double[Rounds];
        var curve = new double[Rounds];
        using (var scene = new Scene())
        {
            // Rounds below 0 warm up.
            for (var round = -3; round < Rounds; round++)
            {
                scene.Prepare();
                var each = Time(scene.AnswerAll);
                var alone = Time(scene.CurveAlone);
                if (round >= 0)
                    (answering[round], curve[round]) = (each, alone);
            }
        }

        return new Section(
            Title,
            $"Processor time to answer an initiation: one device, {Initiators} peers in turn, median of {Rounds} rounds, no system calls. Below it, in the same rounds, what no responder can do without: {Secrets} shared secrets and a public key on Curve25519, by libsodium. Goals: 2,000 a second and core, then 4,000.",
            [
                ["", "each", "a second and core", "slowest and fastest round"],
                Row("initiation answered", answering),
                Row("its X25519 alone", curve),
            ]);
    }

    private static string[] Row(string name, double[] times)
    {
        var (median, fastest, slowest) = Sample.Of(times);
        return
        [
            name,
            string.Create(CultureInfo.InvariantCulture, $"{median:0} µs"),
            string.Create(CultureInfo.InvariantCulture, $"{1e6 / median:N0}"),
            string.Create(CultureInfo.InvariantCulture, $"{1e6 / slowest:N0} to {1e6 / fastest:N0}"),
        ];
    }

    /// <summary>Microseconds of processor time for each initiator.</summary>
    private static double Time(Action work)
    {
        var start = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - start).TotalMicroseconds / Initiators;
    }

    private sealed class Scene : IDisposable
    {
        private readonly ChannelNetwork _network = new();
        private readonly WireGuardDevice _responder;
        private readonly UdpEndpoint[] _sources = [.. Enumerable.Range(0, Initiators).Select(i => UdpEndpoint.From(Outside(i)))];
        private readonly HandshakeInitiator[] _initiators;
        private readonly byte[][] _initiations = new byte[Initiators][];
        private int _answers;

        public Scene()
        {
            _responder = new WireGuardDevice(new DeviceOptions
            {
                Name = "bench",
                Tun = new ChannelTun("bench"),
                Bind = _network.Attach(IPAddress.Parse("192.0.2.1")),
                Aead = TransportAeadFactory.Best,
            });
            using var key = SecretKey.RandomPrivateKey();
            using (var change = new DeviceChange { PrivateKey = key.Clone(), ListenPort = Port })
                _responder.Apply(change);
            PublicKey responder;
            using (var snapshot = _responder.Snapshot())
                responder = snapshot.PublicKey!.Value;
            _initiators = [.. Enumerable.Range(0, Initiators).Select(_ => new HandshakeInitiator(responder))];
            using (var change = new DeviceChange { Peers = [.. _initiators.Select(i => new PeerChange { PublicKey = i.PublicKey })] })
                _responder.Apply(change);
            _responder.Up();

            // All initiators are one host with many addresses, which only counts.
            _network.Attach([.. Enumerable.Range(0, Initiators).Select(i => Outside(i).Address)]).Open(Port, 0);
            _network.Filter = (_, _, datagram) =>
            {
                if (IsResponse(datagram))
                    _answers++;
                return 0;
            };
        }

        /// <summary>New initiations of all; the device takes none of a peer that follows the last within 20 ms.</summary>
        public void Prepare()
        {
            Thread.Sleep(20);
            for (var i = 0; i < Initiators; i++)
                _initiations[i] = _initiators[i].Initiate();
        }

        public void AnswerAll()
        {
            _answers = 0;
            for (var i = 0; i < Initiators; i++)
            {
                _responder.EnqueueHandshake(MessageType.Initiation, _initiations[i], _sources[i], _responder.Clock.Now);
                _responder.RunHandshakes();
            }

            if (_answers != Initiators)
                throw new InvalidOperationException($"{_answers} of {Initiators} initiations were answered.");
        }

        public void CurveAlone()
        {
            Span<byte> shared = stackalloc byte[X25519.KeySize];
            foreach (var initiator in _initiators)
            {
                for (var i = 0; i < Secrets; i++)
                    X25519.SharedSecret(shared, shared, initiator.PublicKey.Span);
                X25519.PublicKey(shared, shared);
            }
        }

        public void Dispose()
        {
            _responder.Dispose();
            foreach (var initiator in _initiators)
                initiator.Dispose();
        }

        private static IPEndPoint Outside(int initiator) => new(new IPAddress([198, 51, 100, (byte)initiator]), Port);

        private static bool IsResponse(ReadOnlySpan<byte> datagram) =>
            MessageFormat.Classify(datagram) == MessageType.Response;
    }
}
