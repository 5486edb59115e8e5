using System.Diagnostics.CodeAnalysis;

namespace WireGuard.Engine.Device;

/// <summary>
/// Which peers' deadlines come next; the worker's alone. All peers are looked at once a second. Between two looks only those
/// wait in a heap that are due before the next one, so that waking the worker costs the same however many peers there are.
/// None is missed: every deadline is set at least a second ahead, so whatever is set between two looks is due after the second.
/// </summary>
internal sealed class TimerSchedule
{
    private static readonly long LookNanoseconds = (long)PeerTimers.ShortestDelay.TotalNanoseconds;

    private Entry[] _heap = new Entry[16];
    private int _count;
    private long _nextLook = long.MinValue;

    /// <summary>When there is something to do again, be it the next look.</summary>
    internal long Next => _count > 0 ? Math.Min(_heap[0].Deadline, _nextLook) : _nextLook;

    /// <summary>How often all peers were looked at; for tests.</summary>
    internal int Looks { get; private set; }

    internal void LookWhenDue(Peer[] peers, long now)
    {
        if (now < _nextLook)
            return;
        Looks++;
        _nextLook = now + LookNanoseconds;
        // What is left has other deadlines by now, or belongs to peers that are gone.
        Array.Clear(_heap, 0, _count);
        _count = 0;
        foreach (var peer in peers)
            Add(peer);
    }

    /// <summary>Takes out the peer with the earliest deadline, if that has come. Its timers may have been set anew since.</summary>
    internal bool TryTake(long now, [NotNullWhen(true)] out Peer? peer)
    {
        if (_count == 0 || _heap[0].Deadline > now)
        {
            peer = null;
            return false;
        }

        peer = _heap[0].Peer;
        var last = _heap[--_count];
        _heap[_count] = default;
        if (_count > 0)
            SinkFromTop(last);
        return true;
    }

    /// <summary>Puts the peer in if it is due before the next look.</summary>
    internal void Add(Peer peer)
    {
        var deadline = peer.Timers.Earliest();
        if (deadline >= _nextLook)
            return;
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        var at = _count++;
        while (at > 0 && _heap[(at - 1) / 2].Deadline > deadline)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = new Entry(deadline, peer);
    }

    private void SinkFromTop(Entry entry)
    {
        var at = 0;
        for (var child = 1; child < _count; child = (2 * at) + 1)
        {
            if (child + 1 < _count && _heap[child + 1].Deadline < _heap[child].Deadline)
                child++;
            if (_heap[child].Deadline >= entry.Deadline)
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = entry;
    }

    private readonly record struct Entry(long Deadline, Peer Peer);
}
