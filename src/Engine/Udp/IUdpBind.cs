using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Udp;

/// <summary>
/// The tunnel's UDP port in both address families, one socket pair a lane. Opened, rebound and closed from the control
/// path while lanes run; the Linux one is in Udp/Linux, a test's is ChannelBind.
/// </summary>
public interface IUdpBind : IDisposable
{
    /// <summary>The bound port, 0 while closed.</summary>
    ushort Port { get; }

    /// <summary>One a lane; the objects stay the same over Open and Close.</summary>
    IReadOnlyList<IUdpSocket> Sockets { get; }

    /// <summary>
    /// Addresses or routes of the system that the sockets are in changed, so that a source learned before may serve no
    /// longer: <see cref="SourceStillServes"/> tells. On a thread of its own; the bind is not to be disposed of in it.
    /// </summary>
    event Action? PathsChanged;

    /// <summary>
    /// Binds <paramref name="port"/> (0: any free one) in IPv4 and IPv6, the same number in both; a host without IPv6
    /// has IPv4 only. When open already, the old sockets close once the new ones are bound; when binding fails, they
    /// stay. Returns the port.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">AddressAlreadyInUse, AccessDenied, ...</exception>
    ushort Open(ushort port, uint fwMark);

    /// <summary>Sets SO_MARK on open sockets.</summary>
    void SetFwMark(uint fwMark);

    /// <summary>
    /// Whether the endpoint's source address is there still and on the way to the peer. Asked while
    /// <see cref="PathsChanged"/> is told, by the thread that tells it.
    /// </summary>
    bool SourceStillServes(in UdpEndpoint endpoint);

    /// <summary>Closes the sockets; sends and receives of lanes then do nothing.</summary>
    void Close();
}

/// <summary>One lane's sockets. <see cref="Receive"/> is that lane's alone; <see cref="Send"/> may be called by any thread that owns its batch.</summary>
public interface IUdpSocket
{
    /// <summary>
    /// Fills the batch with waiting datagrams of either family: Count, Data, Length, and Endpoint with the source
    /// address set from packet information and ECN in TrafficClass. Returns Count; never blocks. What the
    /// slots point at may be the socket's own memory, datagrams side by side: it can be changed in place, and is good until
    /// the next call.
    /// </summary>
    int Receive(PacketBatch batch);

    /// <summary>
    /// Sends every slot of non-zero length to its Endpoint, from its source address when it has one, in order. A source
    /// address that the system no longer has is left out and the datagram sent again. Returns how many were taken; what
    /// a full socket buffer refuses is dropped. Does not change the slots.
    /// </summary>
    int Send(PacketBatch batch);
}
