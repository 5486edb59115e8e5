using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Device;

/// <summary>Cookie replies on their way out, many to a system call: under a flood they are most of what the worker sends. The worker's own.</summary>
internal sealed unsafe class CookieReplyBatch(IUdpSocket socket) : IDisposable
{
    private const int Capacity = 64;

    private readonly PacketBatch _replies = new(Capacity);

    /// <summary>Room for one more reply to <paramref name="to"/>, to be written before the next call.</summary>
    internal Span<byte> Add(in UdpEndpoint to)
    {
        if (_replies.Count == Capacity)
            Send();
        ref var slot = ref _replies[_replies.Count];
        slot.Data = _replies.ReadPosition(_replies.Count++);
        slot.Length = MessageFormat.CookieReplySize;
        slot.Endpoint = to with { TrafficClass = 0 };
        return slot.Span;
    }

    /// <summary>Sends what was added. What the socket does not take is lost: whoever wants it asks again.</summary>
    internal void Send()
    {
        if (_replies.Count > 0)
            socket.Send(_replies);
        _replies.Count = 0;
    }

    public void Dispose() => _replies.Dispose();
}
