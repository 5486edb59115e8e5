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
    private readonly NetlinkListener? _listener;

    /// <param name="changed">Answers how long not to tell it of the next change.</param>
    /// <exception cref="LinuxException"/>
    public ForwardingMonitor(Func<TimeSpan> changed, EngineLog log) => _listener = new NetlinkListener(
        "forwarding",
        NetlinkSocket.NETLINK_ROUTE,
        RTMGRP_NETCONF,
        () =>
        {
            var pause = changed();
            if (_listener is { } listener)
                listener.BetweenCalls = pause;
            return false;
        },
        failure => log.Error($"whether others have this host pass packets on is no longer seen: {failure.Message}"));

    /// <summary>Does not wait, so that who holds what a listener needs may call it.</summary>
    public void Stop() => _listener?.Stop();
}
