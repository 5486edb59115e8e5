using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

public sealed partial class LinuxUdpSocket
{
    private readonly ArrivedMessages _arrived = new();
    private bool _ipv6First;

    public int Receive(PacketBatch batch)
    {
        batch.Count = 0;
        if (Borrow() is not { } pair)
        {
            _arrived.Clear();
            return 0;
        }
        try
        {
            if (_arrived.IsEmpty)
                ReceiveFrom(pair);
            _arrived.MoveTo(batch);
            return batch.Count;
        }
        finally
        {
            pair.Gate.Leave();
        }
    }

    private void ReceiveFrom(UdpSocketPair pair)
    {
        // Whoever fills the batch alone comes second the next time.
        if (_ipv6First)
            _arrived.Receive(pair.IPv6, pair.IPv4);
        else
            _arrived.Receive(pair.IPv4, pair.IPv6);
        _ipv6First = !_ipv6First;
    }
}
