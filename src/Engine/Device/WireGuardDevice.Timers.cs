using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>The worker: handshakes as they come, timers when they are due (whitepaper, section 6).</summary>
public sealed partial class WireGuardDevice
{
    /// <summary>Fires what is due and returns how long the worker may sleep.</summary>
    internal TimeSpan RunTimers()
    {
        var earliest = long.MaxValue;
        foreach (var peer in _peerList)
        {
            while (peer.Timers.TakeDue(Clock.Now) is { } timer)
                Fire(peer, timer);
            earliest = Math.Min(earliest, peer.Timers.Earliest());
        }

        var longest = PeerTimers.ShortestDelay;
        if (earliest == long.MaxValue)
            return longest;
        var wait = TimeSpan.FromMicroseconds(Math.Max(0, earliest - Clock.Now) / 1000 + 1);
        return wait < longest ? wait : longest;
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
                Log.Verbose($"{peer.PublicKey}: nothing came back, trying a new handshake");
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
        }
    }

    private void RetransmitHandshake(Peer peer, long now)
    {
        if (peer.HandshakeAttempts > ProtocolLimits.MaxHandshakeAttempts)
        {
            var dropped = peer.Staged.Clear();
            peer.Timers.HandshakeAbandoned(now);
            Log.Verbose($"{peer.PublicKey}: no answer after {ProtocolLimits.RekeyAttemptTime.TotalSeconds} s, {dropped} waiting packets dropped");
            return;
        }

        peer.HandshakeAttempts++;
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
