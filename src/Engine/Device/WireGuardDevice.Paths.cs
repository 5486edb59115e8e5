namespace WireGuard.Engine.Device;

/// <summary>What happens when links, addresses or routes of the host change: whoever waits for an answer does not wait for the timer.</summary>
public sealed partial class WireGuardDevice
{
    /// <summary>Between two tries; what comes in between is tried afterwards.</summary>
    private static readonly long s_betweenPathTries = (long)TimeSpan.FromMilliseconds(500).TotalNanoseconds;

    /// <summary>So many changes are tried at once; then, where a link flaps or a routing daemon runs, as often as without any.</summary>
    private const int PathTriesAtOnce = 4;

    private int _pathsHaveChanged;
    private long _nextPathTry = long.MinValue / 2;
    private long _pathTriesPaidAt = long.MinValue / 2;
    private int _pathTries = PathTriesAtOnce;

    // Handshakes that were just begun when paths changed, and when they have had time for an answer. The worker's.
    private readonly List<(Peer Peer, long Due)> _latePathTries = [];

    /// <summary>Any thread.</summary>
    private void OnPathsChanged()
    {
        ForgetStaleSources();
        Volatile.Write(ref _pathsHaveChanged, 1);
        _queue.Wake();
    }

    /// <summary>The worker's. Returns when there is something to try; long.MaxValue: at no time known.</summary>
    private long TryChangedPaths(long now)
    {
        var next = TryNow(now);
        for (var i = _latePathTries.Count - 1; i >= 0; i--)
        {
            var (peer, due) = _latePathTries[i];
            if (due > now)
            {
                next = Math.Min(next, due);
                continue;
            }

            _latePathTries.RemoveAt(i);
            // Unless it was answered, or begun anew by somebody else.
            if (peer.Timers.IsArmed(PeerTimer.RetransmitHandshake) && peer.LastSentHandshake + s_betweenPathTries == due)
                TryChangedPath(peer, now);
        }

        return next;
    }

    private long TryNow(long now)
    {
        if (Volatile.Read(ref _pathsHaveChanged) == 0)
            return long.MaxValue;
        if (now < _nextPathTry)
            return _nextPathTry;
        var refills = Math.Min(PathTriesAtOnce, (now - _pathTriesPaidAt) / RekeyTimeoutNanoseconds);
        if (refills > 0)
        {
            _pathTries = Math.Min(PathTriesAtOnce, _pathTries + (int)refills);
            _pathTriesPaidAt = now;
        }

        if (_pathTries == 0)
            return _nextPathTry = _pathTriesPaidAt + RekeyTimeoutNanoseconds;
        _pathTries--;
        _nextPathTry = now + s_betweenPathTries;
        Volatile.Write(ref _pathsHaveChanged, 0);
        foreach (var peer in Roster.All)
            TryChangedPath(peer, now);
        return long.MaxValue;
    }

    private void TryChangedPath(Peer peer, long now)
    {
        if (peer.Timers.IsArmed(PeerTimer.RetransmitHandshake))
        {
            var due = peer.LastSentHandshake + s_betweenPathTries;
            if (now < due)
            {
                // Its answer may be on the way, and would come to nothing.
                _latePathTries.Add((peer, due));
                return;
            }

            // The attempts that count are the timer's: a flapping link must not use them up.
            peer.ForgetSource();
            lock (_handshakeLock)
                peer.LastSentHandshake = Math.Min(peer.LastSentHandshake, now - RekeyTimeoutNanoseconds);
            RequestHandshake(peer, now, isRetry: true);
        }
        else if (peer.Timers.IsArmed(PeerTimer.NewHandshake))
        {
            RequestHandshake(peer, now);
        }
        else if (peer.Timers.PersistentKeepaliveInterval != 0)
        {
            // The other end learns where this one is now; without a session it asks for one.
            SendKeepalive(peer, _workerSender);
        }
    }
}
