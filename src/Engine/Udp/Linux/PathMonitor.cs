using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Udp;

/// <summary>
/// Hears of every change to addresses, links, routes and rules in the network namespace that it was made in, the sockets'
/// own, and tells of it on a thread of its own.
/// </summary>
internal sealed class PathMonitor : IDisposable
{
    private const uint Groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE
        | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_RULE;

    /// <summary>A routing daemon's changes never end, and whoever is told looks at each peer's path: one look for each run, and not too many a second.</summary>
    private static readonly TimeSpan s_run = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_betweenRuns = TimeSpan.FromMilliseconds(500);

    private readonly NetlinkListener _listener;

    /// <summary>Begins to listen, in the calling thread's network namespace.</summary>
    /// <exception cref="LinuxException"/>
    public PathMonitor(Action changed, EngineLog log) => _listener = new NetlinkListener(
        "paths",
        NetlinkSocket.NETLINK_ROUTE,
        Groups,
        () =>
        {
            changed();
            return false;
        },
        // The handshake's retry still forgets a source that leads nowhere, only later.
        failure => log.Error($"changes of addresses and routes are no longer seen: {failure.Message}"),
        s_run,
        s_betweenRuns);

    /// <summary>Nothing is told after this has returned. Not to be called by what is told.</summary>
    public void Dispose() => _listener.Dispose();
}
