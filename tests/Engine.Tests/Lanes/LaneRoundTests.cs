using System.Net;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;
using WireGuard.Tests.Device;

namespace WireGuard.Tests.Lanes;

public sealed class LaneRoundTests
{
    [Theory]
    [InlineData(new[] { 1, 1, 2 }, "read 1, wait, read 1, wait, read 2, wait, read 0, wait")]
    [InlineData(new[] { 128, 40, 3 }, "read 128, read 40, read 3, wait, read 0, wait")]
    [InlineData(new[] { 15, 16, 0 }, "read 15, wait, read 16, read 0, wait, read 0, wait")]
    public void A_small_round_is_followed_by_a_wait_and_a_large_one_by_the_next(int[] rounds, string expected)
    {
        using var owner = new DeviceUnderTest(new ChannelNetwork(), new ManualTimeProvider(), "wga", null, IPAddress.Parse("192.0.2.1"));
        var io = new ScriptedIo(rounds);
        using (var lanes = new LaneGroup(owner.Device, [io]))
        {
            lanes.Start();
            Assert.True(io.Done.Wait(TimeSpan.FromSeconds(20)));
        }
        Assert.Equal(expected, string.Join(", ", io.Steps));
    }

    /// <summary>A TUN whose reads bring so many packets of no use; a wait after the last of them lasts.</summary>
    private sealed class ScriptedIo(int[] rounds) : ILaneIo, ITunQueue, IUdpSocket
    {
        private readonly ManualResetEventSlim _woken = new();
        private int _next;

        public List<string> Steps { get; } = [];

        public ManualResetEventSlim Done { get; } = new();

        public ITunQueue Tun => this;

        public IUdpSocket Udp => this;

        public int Read(PacketBatch batch)
        {
            if (Done.IsSet)
                return 0;
            batch.Count = _next < rounds.Length ? rounds[_next] : 0;
            _next++;
            for (var i = 0; i < batch.Count; i++)
                batch[i].Length = 0;
            Steps.Add($"read {batch.Count}");
            return batch.Count;
        }

        public void Wait(int timeoutMilliseconds)
        {
            if (!Done.IsSet)
                Steps.Add("wait");
            if (_next <= rounds.Length)
                return;
            Done.Set();
            _woken.Wait(timeoutMilliseconds);
        }

        public void Wake() => _woken.Set();

        public int Write(PacketBatch batch) => 0;

        public int Receive(PacketBatch batch) => 0;

        public int Send(PacketBatch batch) => 0;

        public void Dispose()
        {
            _woken.Dispose();
            Done.Dispose();
        }
    }
}
