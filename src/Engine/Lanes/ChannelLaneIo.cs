using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Engine.Lanes;

/// <summary>Joins a <see cref="ChannelTun"/> and a <see cref="ChannelBind"/> to a lane.</summary>
public sealed class ChannelLaneIo : ILaneIo
{
    private readonly ChannelTun _tun;
    private readonly ChannelBind _bind;
    private readonly int _lane;
    private readonly ManualResetEventSlim _activity = new();

    /// <param name="lane">Which of their queues and sockets.</param>
    public ChannelLaneIo(ChannelTun tun, ChannelBind bind, int lane = 0)
    {
        _lane = lane;
        _tun = tun;
        _bind = bind;
        tun.Activity += Wake;
        bind.Activity += Wake;
    }

    public ITunQueue Tun => _tun.Queues[_lane];

    public IUdpSocket Udp => _bind.Sockets[_lane];

    public void Wait(int timeoutMilliseconds)
    {
        _activity.Wait(timeoutMilliseconds);
        _activity.Reset();
    }

    public void Wake() => _activity.Set();

    public void Dispose()
    {
        _tun.Activity -= Wake;
        _bind.Activity -= Wake;
        _activity.Dispose();
    }
}
