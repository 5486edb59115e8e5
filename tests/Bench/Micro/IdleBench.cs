using System.Globalization;
using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Udp;

namespace WireGuard.Bench.Micro;

/// <summary>What a device costs whose peers have sessions and persistent keepalives and say nothing else.</summary>
internal static class IdleBench
{
    public const string Title = "Idle peers";

    private const ushort Port = 51820;
    private const int Keepalive = 25;
    private static readonly int[] s_counts = [1, 10_000];

    /// <summary>Two keepalives of each peer; well before anybody renews a session.</summary>
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(2 * Keepalive);

    public static Section Measure() => new(
        Title,
        $"One device on a network in memory, peers with a session each and a persistent keepalive of {Keepalive} s, nothing else to do for {s_time.TotalSeconds:0} s: processor time of the process in it (sealing and timers; no system call for a datagram), and what its resident memory grew by when the peers and their sessions came.",
        [["peers", "keepalives sent a second", "of one core", "memory", "for each peer"], .. s_counts.Select(Row)]);

    private static string[] Row(int count)
    {
        var network = new ChannelNetwork();
        using var node = new MemoryNode(network, IPAddress.Parse("192.0.2.1"));
        HandshakeInitiator[] initiators = [.. Enumerable.Range(0, count).Select(_ => new HandshakeInitiator(node.PublicKey))];
        var before = Resident();
        node.Apply(new DeviceChange { Peers = [.. initiators.Select(i => new PeerChange { PublicKey = i.PublicKey, PersistentKeepalive = Keepalive })] });
        var sent = 0;
        Connect(network, node, initiators);
        var grown = Resident() - before;
        network.Filter = (_, _, _) =>
        {
            Interlocked.Increment(ref sent);
            return 0;
        };
        node.Device.Start();
        var start = Environment.CpuUsage.TotalTime;
        Thread.Sleep(s_time);
        var used = Environment.CpuUsage.TotalTime - start;
        foreach (var initiator in initiators)
            initiator.Dispose();
        return
        [
            Text($"{count:N0}"), Text($"{sent / s_time.TotalSeconds:0.0}"), Text($"{100 * used / s_time:0.00} %"),
            Text($"{grown / 1048576.0:0.0} MiB"), count > 1 ? Text($"{grown / 1024.0 / count:0.0} KiB") : "",
        ];
    }

    /// <summary>Each peer from an address of its own, so that none is taken for a flood.</summary>
    private static void Connect(ChannelNetwork network, MemoryNode node, HandshakeInitiator[] initiators)
    {
        IPEndPoint[] sources = [.. Enumerable.Range(0, initiators.Length).Select(i => new IPEndPoint(new IPAddress([10, 9, (byte)(i >> 8), (byte)i]), Port))];
        network.Attach([.. sources.Select(s => s.Address)]).Open(Port, 0);
        byte[]? response = null;
        network.Filter = (from, _, datagram) =>
        {
            if (!from.Equals(node.Endpoint))
                return 1;
            response = datagram.ToArray();
            return 0;
        };
        for (var i = 0; i < initiators.Length; i++)
        {
            response = null;
            network.Inject(sources[i], node.Endpoint, initiators[i].Initiate());
            Pump();
            network.Inject(sources[i], node.Endpoint, initiators[i].Confirm(response ?? throw new InvalidOperationException("No response came.")));
            Pump();
        }

        void Pump()
        {
            while (node.Pump())
            {
            }
        }
    }

    private static long Resident()
    {
        GC.Collect();
        return Environment.WorkingSet;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
