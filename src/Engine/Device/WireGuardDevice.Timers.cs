using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>The worker: handshakes as they come, timers when they are due (whitepaper, section 6).</summary>
public sealed partial class WireGuardDevice
{
    // Two may be lost on the way; the third says that something is wrong.
    private const int UnansweredBeforeTold = 3;

    // What a table costs to make grows with it: one made at every change would make many changes in a row slow.
    private static readonly long s_betweenSettlings = (long)TimeSpan.FromSeconds(1).TotalNanoseconds;

    private readonly TimerSchedule _timers = new();
    private long _settledAt = long.MinValue / 2;

    /// <summary>How often the timers of all peers were looked at; for tests.</summary>
    internal int TimerLooks => _timers.Looks;

    /// <summary>Fires what is due and returns how long the worker may sleep.</summary>
    internal TimeSpan RunTimers()
    {
        var pathTry = TryChangedPaths(Clock.Now);
        SettleWhenDue();
        _timers.LookWhenDue(Roster.All, Clock.Now);
        while (_timers.TryTake(Clock.Now, out var peer))
        {
            while (peer.Timers.TakeDue(Clock.Now) is { } timer)
                Fire(peer, timer);
            _timers.Add(peer);
        }

        var wait = TimeSpan.FromMicroseconds(Math.Max(0, Math.Min(_timers.Next, pathTry) - Clock.Now) / 1000 + 1);
        return wait < PeerTimers.ShortestDelay ? wait : PeerTimers.ShortestDelay;
    }

    /// <summary>Has look-ups go by ranges again: at once after a change, unless there was one just before; by the worker then.</summary>
    private void SettleWhenDue()
    {
        if (AllowedIPs.IsSettled || Clock.Now - Volatile.Read(ref _settledAt) < s_betweenSettlings)
            return;
        AllowedIPs.Settle();
        Volatile.Write(ref _settledAt, Clock.Now);
    }

    private void RunWorker()
    {
        while (!_isStopping)
        {
            try
            {
                var wait = RunTimers();
                if (!RunHandshakes())
                    _queue.Wait(wait);
            }
            catch (Exception e)
            {
                // One peer's trouble must not end handshakes for all; the pause keeps a repeating fault from spinning.
                Log.Error($"worker: {e.GetType().Name}: {e.Message}");
                _queue.Wait(PeerTimers.ShortestDelay);
            }
        }
    }

    private void Fire(Peer peer, PeerTimer timer)
    {
        var now = Clock.Now;
        switch (timer)
        {
            case PeerTimer.RetransmitHandshake:
                RetransmitHandshake(peer, now);
                break;
            case PeerTimer.SendKeepalive:
                SendKeepalive(peer, _workerSender);
                peer.Timers.KeepaliveFired(now);
                break;
            case PeerTimer.NewHandshake:
                Log.Verbose($"{Describe(peer)}: nothing came back, trying a new handshake");
                peer.ForgetSource();
                RequestHandshake(peer, now);
                break;
            case PeerTimer.ZeroKeys:
                lock (_handshakeLock)
                    ForgetSessionsLocked(peer);
                break;
            case PeerTimer.PersistentKeepalive:
                if (peer.Timers.PersistentKeepaliveInterval != 0)
                    SendKeepalive(peer, _workerSender);
                break;
            case PeerTimer.TellEndpoint:
                peer.Timers.EndpointTold(now);
                TellEndpoint(peer);
                break;
        }
    }

    private static string Describe(Peer peer) => $"peer {peer.Name ?? peer.PublicKey.ToString()} ({peer.Endpoint?.Value.ToString() ?? "no endpoint"})";

    private void RetransmitHandshake(Peer peer, long now)
    {
        if (now - peer.LastSentHandshake < RekeyTimeoutNanoseconds)
        {
            // The peer's own initiation was answered in the meantime. Should nothing come of that, the retry is due later.
            peer.Timers.HandshakeInitiated(peer.LastSentHandshake);
            return;
        }

        if (peer.HandshakeAttempts > ProtocolLimits.MaxHandshakeAttempts)
        {
            var dropped = peer.Staged.Clear();
            peer.Timers.HandshakeAbandoned(now);
            Log.Information($"{Describe(peer)}: still no answer, given up until there is something to send; {dropped} waiting packets dropped");
            return;
        }

        peer.HandshakeAttempts++;
        if (peer.HandshakeAttempts == UnansweredBeforeTold)
            Log.Information($"{Describe(peer)}: no answer to {UnansweredBeforeTold} handshakes: is a key or the port wrong, or is a firewall between?");
        peer.ForgetSource();
        RequestHandshake(peer, now, isRetry: true);
    }

    /// <summary>Has the worker send what waits at the peer; for threads that have no sender of their own.</summary>
    internal void RequestFlush(Peer peer)
    {
        if (peer.TryQueueFlush())
            _queue.AddFlush(peer);
    }

    private void RequestKeepalive(Peer peer)
    {
        if (peer.Staged.Count == 0)
            peer.Staged.Add(default);
        RequestFlush(peer);
    }

    private void ForgetSessionsLocked(Peer peer)
    {
        peer.Keypairs.Clear();
        ForgetHandshakeIndex(peer);
        peer.Handshake.Clear();
    }

    private void QuietenLocked(Peer peer)
    {
        peer.Timers.Stop();
        peer.Staged.Clear();
        ForgetSessionsLocked(peer);
        peer.LastSentHandshake = long.MinValue / 2;
    }
}
