using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Hears of changes to what interfaces pass on, in the network namespace that it was made in, and tells of them on a
/// thread of its own.
/// </summary>
internal sealed unsafe class ForwardingMonitor
{
    private readonly NetlinkSocket _changes = NetlinkSocket.Open(groups: RTMGRP_NETCONF);
    private readonly int _stopEvent;
    private readonly Action _changed;
    private readonly EngineLog _log;

    /// <exception cref="LinuxException"/>
    public ForwardingMonitor(Action changed, EngineLog log)
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

        new Thread(Run) { IsBackground = true, Name = "forwarding" }.Start();
    }

    /// <summary>Does not wait, so that who holds what a listener needs may call it: once.</summary>
    public void Stop() => Libc.SignalEvent(_stopEvent);

    private void Run()
    {
        try
        {
            while (Wait())
            {
                Read();
                _changed();
            }
        }
        catch (Exception failure)
        {
            _log.Error($"whether others have this host pass packets on is no longer seen: {failure.Message}");
            _ = WaitForStop();
        }

        _changes.Dispose();
        _ = Libc.Close(_stopEvent);
    }

    /// <summary>False when the end was asked for.</summary>
    private bool Wait()
    {
        var set = stackalloc PollDescriptor[2];
        while (true)
        {
            set[0] = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
            set[1] = new PollDescriptor { Descriptor = _changes.Descriptor, Events = Libc.POLLIN };
            if (Libc.Poll(set, 2, -1) < 0 && Libc.LastError != Errno.EINTR)
                throw LinuxException.FromLastError("poll");
            if (set[0].Returned != 0)
                return false;
            if (set[1].Returned != 0)
                return true;
        }
    }

    // The descriptor is closed by this thread alone, and not before the last signal.
    private int WaitForStop()
    {
        var stop = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
        int result;
        do
            result = Libc.Poll(&stop, 1, -1);
        while (result < 0 && Libc.LastError == Errno.EINTR);
        return result;
    }

    private void Read()
    {
        try
        {
            _ = _changes.Receive();
        }
        catch (LinuxException failure) when (failure.ErrorCode == Errno.ENOBUFS)
        {
            // Some were lost, which is a change too.
        }
    }
}
