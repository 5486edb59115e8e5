namespace WireGuard.Tests.Identity;

/// <summary>Every packet that crosses a link, as AF_PACKET tells it.</summary>
internal sealed class PacketTap : IDisposable
{
    private readonly int _descriptor;
    private readonly int _linkHeader;
    private readonly Thread _thread;
    private readonly List<TappedPacket> _packets = [];
    private volatile bool _isStopping;

    /// <param name="linkHeader">Bytes before the IP header: none on a TUN, 14 on a veth.</param>
    public PacketTap(NetworkNamespace netns, string link, int linkHeader)
    {
        _linkHeader = linkHeader;
        var index = netns.IpJson("link", "show", "dev", link).Single().GetProperty("ifindex").GetInt32();
        _descriptor = netns.Invoke(() => PacketSocketCalls.Open(index));
        _thread = new Thread(Read) { IsBackground = true, Name = $"tap {link}" };
        _thread.Start();
    }

    public IReadOnlyList<TappedPacket> Packets
    {
        get
        {
            lock (_packets)
                return [.. _packets];
        }
    }

    /// <summary>Whether it saw everything.</summary>
    public void AssertNothingMissed() => Assert.Equal(0u, PacketSocketCalls.Dropped(_descriptor));

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _ = PacketSocketCalls.Close(_descriptor);
    }

    private void Read()
    {
        var buffer = new byte[70_000];
        while (!_isStopping)
        {
            var length = PacketSocketCalls.Receive(_descriptor, buffer, out var isOutgoing);
            var start = TappedPacket.HeaderSize + _linkHeader;
            if (length < start + 20)
                continue;
            var packet = new TappedPacket(isOutgoing, buffer[..TappedPacket.HeaderSize], buffer[start..length]);
            lock (_packets)
                _packets.Add(packet);
        }
    }
}
