using System.Diagnostics;

namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>
/// Hears of changes by multicast, in the network namespace that it was made in, and tells of each run of them on a thread of
/// its own. That some were lost is a change too.
/// </summary>
internal sealed unsafe class NetlinkListener : IDisposable
{
    private const int LongestRun = 4096;

    private readonly NetlinkSocket _changes;
    private readonly int _stopEvent;
    private readonly Func<bool> _changed;
    private readonly Action<Exception> _failed;
    private readonly TimeSpan _run;
    private readonly Thread _thread;
    private int _isStopped;

    /// <param name="name">Of the thread.</param>
    /// <param name="protocol">NETLINK_...</param>
    /// <param name="groups">Bits of the multicast groups.</param>
    /// <param name="changed">Answers whether it wants to be called once more, whether anything changes or not.</param>
    /// <param name="failed">Nothing is told any more.</param>
    /// <param name="run">Changes come in runs: so long after the first it is told of them.</param>
    /// <param name="between">See <see cref="BetweenCalls"/>.</param>
    /// <exception cref="LinuxException"/>
    public NetlinkListener(string name, int protocol, uint groups, Func<bool> changed, Action<Exception> failed, TimeSpan run = default, TimeSpan between = default)
    {
        (_changed, _failed, _run, BetweenCalls) = (changed, failed, run, between);
        _changes = NetlinkSocket.Open(protocol, groups);
        try
        {
            _stopEvent = Libc.CreateEvent();
        }
        catch
        {
            _changes.Dispose();
            throw;
        }

        _thread = new Thread(Listen) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>At least so long from the end of one call to the next. Whoever is called may set it.</summary>
    public TimeSpan BetweenCalls { get; set; }

    /// <summary>Does not wait, so that who holds what is needed in a call may ask for it; one call may still come.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) == 0)
            Libc.SignalEvent(_stopEvent);
    }

    /// <summary>Nothing is told after this has returned. Not to be called by what is told.</summary>
    public void Dispose()
    {
        Stop();
        _thread.Join();
    }

    private void Listen()
    {
        try
        {
            Tell();
        }
        catch (Exception failure)
        {
            _failed(failure);
            _ = IsStopped(Timeout.InfiniteTimeSpan);
        }

        // By this thread alone, and not before the only signal.
        _changes.Dispose();
        _ = Libc.Close(_stopEvent);
    }

    private void Tell()
    {
        var (again, toldAt) = (false, 0L);
        while (Wait(again ? BetweenCalls : Timeout.InfiniteTimeSpan, out var changed))
        {
            if (!changed && !again)
                continue;
            var pause = BetweenCalls - Stopwatch.GetElapsedTime(toldAt);
            if (IsStopped(pause > _run ? pause : _run))
                return;
            for (var i = 0; changed && i < LongestRun; i++)
            {
                Read();
                if (!Wait(TimeSpan.Zero, out changed))
                    return;
            }

            again = _changed();
            toldAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>False when the end was asked for.</summary>
    private bool Wait(TimeSpan limit, out bool changed)
    {
        var set = stackalloc PollDescriptor[2];
        set[0] = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
        set[1] = new PollDescriptor { Descriptor = _changes.Descriptor, Events = Libc.POLLIN };
        changed = false;
        if (Libc.Poll(set, 2, (int)limit.TotalMilliseconds) < 0)
            return Libc.LastError == Errno.EINTR ? true : throw LinuxException.FromLastError("poll");
        changed = set[1].Returned != 0;
        return set[0].Returned == 0;
    }

    /// <summary>Waits that long, unless the end is asked for.</summary>
    private bool IsStopped(TimeSpan within)
    {
        var stop = new PollDescriptor { Descriptor = _stopEvent, Events = Libc.POLLIN };
        int result;
        do
            result = Libc.Poll(&stop, 1, (int)within.TotalMilliseconds);
        while (result < 0 && Libc.LastError == Errno.EINTR);
        return result > 0;
    }

    private void Read()
    {
        try
        {
            _ = _changes.Receive();
        }
        catch (LinuxException failure) when (failure.ErrorCode == Errno.ENOBUFS)
        {
        }
    }
}
