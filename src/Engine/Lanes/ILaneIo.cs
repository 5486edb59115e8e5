using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Lanes;

/// <summary>
/// Everything a lane does to the outside. One class per I/O engine stands behind it: poll with read/write and
/// recvmmsg/sendmmsg today; io_uring and AF_XDP can follow without a change in the lane.
/// </summary>
public interface ILaneIo : IDisposable
{
    ITunQueue Tun { get; }

    IUdpSocket Udp { get; }

    /// <summary>
    /// Blocks until the TUN queue or a socket is readable, <see cref="Wake"/> was called, or the timeout passes
    /// (negative: none). What was found empty may be taken for empty by the next read, and no other. Called by the lane's
    /// thread only.
    /// </summary>
    void Wait(int timeoutMilliseconds);

    /// <summary>Ends the current or the next <see cref="Wait"/>. Any thread.</summary>
    void Wake();
}
