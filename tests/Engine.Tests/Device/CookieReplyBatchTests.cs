using System.Net;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Device;

public sealed class CookieReplyBatchTests
{
    [Fact]
    public void Replies_go_back_to_where_the_message_came_from_to_the_address_it_came_to_and_carry_no_mark_of_it()
    {
        var socket = new RecordingSocket();
        using var batch = new CookieReplyBatch(socket);
        var source = UdpEndpoint.From(IPEndPoint.Parse("192.0.2.7:7")) with { TrafficClass = 0x8A, SourceLow = 99, SourceHigh = 98 };
        for (var i = 0; i < 100; i++)
            batch.Add(source).Fill((byte)i);
        batch.Send();

        Assert.Equal(100, socket.Sent.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (byte)i), socket.Sent.Select(s => s.First));
        Assert.All(socket.Sent, s => Assert.Equal((source with { TrafficClass = 0 }, (byte)0, MessageFormat.CookieReplySize), (s.To, s.To.TrafficClass, s.Length)));
        batch.Send();
        Assert.Equal(100, socket.Sent.Count);
    }

    private sealed class RecordingSocket : IUdpSocket
    {
        internal List<(UdpEndpoint To, int Length, byte First)> Sent { get; } = [];

        public int Receive(PacketBatch batch) => 0;

        public int Send(PacketBatch batch)
        {
            for (var i = 0; i < batch.Count; i++)
                Sent.Add((batch[i].Endpoint, batch[i].Length, batch[i].Span[0]));
            return batch.Count;
        }
    }
}
