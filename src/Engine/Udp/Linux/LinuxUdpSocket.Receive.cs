using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

public sealed partial class LinuxUdpSocket
{
    private readonly ArrivedMessages _arrived = new();
    private bool _ipv6First;
    private bool _ipv4IsKnownEmpty;
    private bool _ipv6IsKnownEmpty;

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

    /// <summary>What a poll just found: the next receiving, and no other, leaves out the sockets with nothing to read. The lane's thread only.</summary>
    internal void AreKnownEmpty(bool ipv4, bool ipv6)
    {
        _ipv4IsKnownEmpty = ipv4;
        _ipv6IsKnownEmpty = ipv6;
    }

    private void ReceiveFrom(UdpSocketPair pair)
    {
        var ipv4 = _ipv4IsKnownEmpty ? -1 : pair.IPv4;
        var ipv6 = _ipv6IsKnownEmpty ? -1 : pair.IPv6;
        AreKnownEmpty(false, false);
        // Whoever fills the batch alone comes second the next time.
        if (_ipv6First)
            _arrived.Receive(ipv6, ipv4);
        else
            _arrived.Receive(ipv4, ipv6);
        _ipv6First = !_ipv6First;
    }
}
