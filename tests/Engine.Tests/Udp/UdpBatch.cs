using System.Net;
using System.Text;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

/// <summary>Writes text datagrams into a batch and reads them out.</summary>
internal static class UdpBatch
{
    public static UdpEndpoint Endpoint(string address, ushort port) => UdpEndpoint.From(new IPEndPoint(IPAddress.Parse(address), port));

    public static unsafe void Add(this PacketBatch batch, UdpEndpoint endpoint, string text)
    {
        ref var slot = ref batch[batch.Count];
        slot.Data = batch.ReadPosition(batch.Count++);
        slot.Length = text.Length;
        slot.Endpoint = endpoint;
        Encoding.ASCII.GetBytes(text, slot.Span);
    }

    public static string Text(this PacketBatch batch, int index) => Encoding.ASCII.GetString(batch[index].Span);

    /// <summary>Receives until <paramref name="count"/> datagrams have come; returns what <paramref name="select"/> makes of each.</summary>
    public static List<T> Receive<T>(IUdpSocket socket, int count, Func<string, UdpEndpoint, T> select)
    {
        using var batch = new PacketBatch();
        var all = new List<T>();
        var limit = DateTime.UtcNow.AddSeconds(20);
        while (all.Count < count)
        {
            socket.Receive(batch);
            for (var i = 0; i < batch.Count; i++)
                all.Add(select(batch.Text(i), batch[i].Endpoint));
            if (DateTime.UtcNow > limit)
                throw new TimeoutException($"{all.Count} of {count} datagrams came.");
            if (batch.Count == 0)
                Thread.Sleep(1);
        }
        return all;
    }
}
