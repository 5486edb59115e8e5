using System.Buffers.Binary;
using System.Diagnostics;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.Lanes;

/// <summary>Numbered packets of many flows from one end of a pair to the other: each arrives once, and, as a rule, behind those before it in its flow.</summary>
internal sealed class FlowCheck(DeviceUnderTest from, DeviceUnderTest to)
{
    /// <summary>Packets on the way at once. Fewer than may wait at a peer, so that none is pushed out when a session begins.</summary>
    internal const int Window = 96;

    private const int Flows = 24;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly int[] _sent = new int[Flows];
    private readonly HashSet<int>[] _arrived = [.. Enumerable.Range(0, Flows).Select(_ => new HashSet<int>())];
    private readonly byte[] _packet = from.Device.Name == "wga" ? TestPacket.Make("10.0.0.1", "10.0.0.2") : TestPacket.Make("10.0.0.2", "10.0.0.1");
    private int _next;

    internal bool IsInOrder { get; init; } = true;

    /// <summary>Sends so many and waits for all of them, a window at a time.</summary>
    internal void Run(int packets)
    {
        for (; packets > 0; packets -= Window)
        {
            Inject(Math.Min(Window, packets));
            Receive(Math.Min(Window, packets));
        }
    }

    internal void Inject(int packets)
    {
        for (; packets > 0; packets--)
        {
            var flow = _next++ % Flows;
            BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(20), (ushort)(1000 + flow));
            BinaryPrimitives.WriteInt32BigEndian(_packet.AsSpan(28), _sent[flow]++);
            from.Tun.Inject(_packet);
        }
    }

    internal void Receive(int packets)
    {
        var began = Stopwatch.StartNew();
        var wait = default(SpinWait);
        while (packets > 0)
        {
            if (to.Tun.TakeOrNull() is { } packet)
            {
                Check(packet);
                packets--;
                continue;
            }

            Assert.True(began.Elapsed < Long, $"{packets} packets did not arrive");
            wait.SpinOnce();
        }
    }

    private void Check(byte[] packet)
    {
        Assert.Equal(_packet.Length, packet.Length);
        var flow = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(20)) - 1000;
        var number = BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(28));
        if (IsInOrder)
            Assert.True(number == _arrived[flow].Count, $"flow {flow}: {number} came as the {_arrived[flow].Count}th");
        Assert.True(_arrived[flow].Add(number), $"flow {flow}: {number} came twice");
    }
}
