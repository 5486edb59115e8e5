using System.Diagnostics;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Udp;

/// <summary>
/// Hears of every change to addresses, links, routes and rules in the network namespace that it was made in, the sockets'
/// own, and tells of it on a thread of its own.
/// </summary>
internal sealed unsafe class PathMonitor : IDisposable
{
    private const uint Groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE
        | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_RULE;

    /// <summary>Changes come in runs, and a routing daemon's never end: one look for each run, and not too many a second.</summary>
    private static readonly TimeSpan s_run = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_betweenRuns = TimeSpan.FromMilliseconds(500);
    private const int LongestRun = 4096;

    private readonly NetlinkSocket _changes = NetlinkSocket.Open(groups: Groups);
    private readonly int _stopEvent;
    private readonly Action _changed;
    private readonly EngineLog _log;
    private readonly Thread _thread;

    /// <summary>Begins to listen, in the calling thread's network namespace.</summary>
    /// <exception cref="LinuxException"/>
    public PathMonitor(Action changed, EngineLog log)
    {
        _changed = changed;
        _log = log;
        try
        {
            _stopEvent = Libc.CreateEvent();
        }
        catch
        {
            _changes.Dispose();
            throw;
        }
        _thread = new Thread(Run) { IsBackground = true, Name = "paths" };
        _thread.Start();
    }

    /// <summary>Nothing is told after this has returned. Not to be called by what is told.</summary>
    public void Dispose()
    {
        Libc.SignalEvent(_stopEvent);
        _thread.Join();
        _changes.Dispose();
        _ = Libc.Close(_stopEvent);
    }

    private void Run()
    {
        var toldAt = 0L;
        try
        {
            while (Wait(-1, out var changed))
            {
                if (!changed)
                    continue;
                // Whoever is told looks at each peer's path, which takes a while where there are many.
                var pause = s_betweenRuns - Stopwatch.GetElapsedTime(toldAt);
                if (IsStopped(pause > s_run ? pause : s_run))
                    return;
                for (var i = 0; changed && i < LongestRun; i++)
                {
                    Read();
                    if (!Wait(0, out changed))
                        return;
                }
                _changed();
                toldAt = Stopwatch.GetTimestamp();
            }
        }
        catch (Exception failure)
        {
            // The handshake's retry still forgets a source that leads nowhere, only later.
            _log.Error($"changes of addresses and routes are no longer seen: {failure.Message}");
        }
    }

    /// <summary>False when the end was asked for.</summary>
    private bool Wait(int timeoutMilliseconds, out bool changed)
    {
        var set = stackalloc PollDescriptor[2];
        set[0] = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
        set[1] = new PollDescriptor { Descriptor = _changes.Descriptor, Events = Libc.POLLIN };
        changed = false;
        if (Libc.Poll(set, 2, timeoutMilliseconds) < 0)
            return Libc.LastError == Errno.EINTR ? true : throw LinuxException.FromLastError("poll");
        changed = set[1].Returned != 0;
        return set[0].Returned == 0;
    }

    /// <summary>Waits that long, unless the end is asked for.</summary>
    private bool IsStopped(TimeSpan within)
    {
        var stop = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
        return Libc.Poll(&stop, 1, (int)within.TotalMilliseconds) > 0;
    }

    private void Read()
    {
        try
        {
            _changes.Receive();
        }
        catch (LinuxException failure) when (failure.ErrorCode == Errno.ENOBUFS)
        {
            // Some were lost, which is a change too.
        }
    }
}
