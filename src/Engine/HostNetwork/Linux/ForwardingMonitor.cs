using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Hears of changes to what interfaces pass on, in the network namespace that it was made in, and tells of them on a
/// thread of its own.
/// </summary>
internal sealed class ForwardingMonitor
{
    // Who turns it off for all turns it off for one after the other.
    private static readonly TimeSpan s_run = TimeSpan.FromMilliseconds(20);

    private readonly NetlinkListener? _listener;

    /// <param name="changed">Answers whether it wants to be called once more, whatever changes, and how long not to tell it of anything.</param>
    /// <exception cref="LinuxException"/>
    public ForwardingMonitor(Func<(bool Again, TimeSpan Pause)> changed, EngineLog log) => _listener = new NetlinkListener(
        "forwarding",
        NetlinkSocket.NETLINK_ROUTE,
        RTMGRP_NETCONF,
        () =>
        {
            var (again, pause) = changed();
            if (_listener is { } listener)
                listener.BetweenCalls = pause;
            return again;
        },
        failure => log.Error($"whether others have this host pass packets on is no longer seen: {failure.Message}"),
        run: s_run);

    /// <summary>Does not wait, so that who holds what a listener needs may call it.</summary>
    public void Stop() => _listener?.Stop();
}
