using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Tests.Offload;

namespace WireGuard.Tests.Tun;

/// <summary>
/// Two hosts whose TUN devices hand each other their packets, as a tunnel would. Every packet that passes is checked as a
/// third party would: length, MTU, checksums.
/// </summary>
internal sealed class TunCable : IDisposable
{
    private readonly LinuxTunDevice[] _devices;
    private readonly Thread[] _threads;
    private readonly List<string> _faults = [];
    private long _passed;
    private volatile bool _isStopping;

    public TunCable(LinuxTunDevice one, LinuxTunDevice two)
    {
        _devices = [one, two];
        _threads = [new Thread(() => Carry(one, two)), new Thread(() => Carry(two, one))];
        foreach (var thread in _threads)
            thread.Start();
    }

    public static string[] AddressesOf(int host) => [$"10.9.0.{host}/24", $"fd09::{host}/64"];

    /// <summary>Packets from either side.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
                return [.. _faults];
        }
    }

    public static LinuxTunDevice CreateIn(NetworkNamespace netns, int host, TunOffloads offloads, int queues = 1)
    {
        var device = netns.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None, offloads, queues));
        foreach (var address in AddressesOf(host))
            netns.Ip(address.Contains(':') ? ["addr", "add", address, "dev", "wg0", "nodad"] : ["addr", "add", address, "dev", "wg0"]);
        netns.Ip("link", "set", "wg0", "up");
        return device;
    }

    public void Dispose()
    {
        _isStopping = true;
        foreach (var thread in _threads)
            thread.Join();
        foreach (var device in _devices)
            device.Dispose();
    }

    private void Carry(LinuxTunDevice from, LinuxTunDevice to)
    {
        using var batch = new PacketBatch();
        while (!_isStopping)
        {
            var worked = false;
            for (var queue = 0; queue < from.Queues.Count; queue++)
                worked |= CarryBatch(from, to, queue, batch);
            if (!worked)
                Thread.Sleep(1);
        }
    }

    private bool CarryBatch(LinuxTunDevice from, LinuxTunDevice to, int queue, PacketBatch batch)
    {
        if (from.Queues[queue].Read(batch) == 0)
            return false;
        for (var i = 0; i < batch.Count; i++)
            Check(batch[i].Span.ToArray(), from.Mtus.Link);
        Interlocked.Add(ref _passed, batch.Count);
        to.Queues[queue].Write(batch);
        return true;
    }

    private void Check(byte[] packet, int mtu)
    {
        var isIPv4 = packet[0] >> 4 == 4;
        var (start, protocol) = isIPv4 ? ((packet[0] & 0xF) * 4, packet[9]) : (40, packet[6]);
        var isRight = packet.Length <= mtu && (protocol is not (NaivePacket.Tcp or NaivePacket.Udp) || NaivePacket.IsRight(packet, start, protocol));
        if (isRight)
            return;
        lock (_faults)
            _faults.Add($"{packet.Length} bytes: {Convert.ToHexString(packet.AsSpan(0, Math.Min(packet.Length, 80)))}");
    }
}
