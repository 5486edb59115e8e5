using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

internal enum PeerTimer
{
    /// <summary>No answer to an initiation yet: send another, or give up.</summary>
    RetransmitHandshake,

    /// <summary>Data came in and nothing went out: say that it arrived.</summary>
    SendKeepalive,

    /// <summary>Data went out and nothing came back: the session may be dead at the other end.</summary>
    NewHandshake,

    /// <summary>No new session for long: forget all keys.</summary>
    ZeroKeys,

    PersistentKeepalive,

    /// <summary>The endpoint moved soon after it was told to have moved.</summary>
    TellEndpoint,
}

/// <summary>
/// A peer's deadlines (whitepaper, section 6; the kernel driver's timers.c names the same events). Events are told by
/// lanes and by the worker, from any thread and without locks; the worker alone asks what is due. Every deadline is set
/// at least a second ahead, so a worker that looks once a second sees each in time to sleep until exactly then.
/// </summary>
internal sealed class PeerTimers(Random jitter)
{
    /// <summary>How far ahead, at least, every deadline is set.</summary>
    internal static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);

    private const long Disarmed = long.MaxValue;
    private static readonly PeerTimer[] All = Enum.GetValues<PeerTimer>();

    private readonly long[] _deadlines = [Disarmed, Disarmed, Disarmed, Disarmed, Disarmed, Disarmed];
    private int _needsAnotherKeepalive;
    private int _persistentKeepalive;
    private int _isStopped;
    private long _endpointToldAt = long.MinValue / 2;

    /// <summary>Seconds; 0: off.</summary>
    internal ushort PersistentKeepaliveInterval
    {
        get => (ushort)Volatile.Read(ref _persistentKeepalive);
        set
        {
            Volatile.Write(ref _persistentKeepalive, value);
            if (value == 0)
                Disarm(PeerTimer.PersistentKeepalive);
        }
    }

    internal void Hint() => CacheHint.Object(_deadlines, 2);

    internal void DataSent(long now)
    {
        if (!IsArmed(PeerTimer.NewHandshake))
            Arm(PeerTimer.NewHandshake, now, ProtocolLimits.KeepaliveTimeout + ProtocolLimits.RekeyTimeout + Jitter());
    }

    internal void DataReceived(long now)
    {
        if (IsArmed(PeerTimer.SendKeepalive))
            Volatile.Write(ref _needsAnotherKeepalive, 1);
        else
            Arm(PeerTimer.SendKeepalive, now, ProtocolLimits.KeepaliveTimeout);
    }

    internal void AuthenticatedSent() => Disarm(PeerTimer.SendKeepalive);

    internal void AuthenticatedReceived() => Disarm(PeerTimer.NewHandshake);

    /// <summary>Any authenticated message, in either direction.</summary>
    internal void AuthenticatedTraversal(long now)
    {
        var seconds = PersistentKeepaliveInterval;
        if (seconds != 0)
            Arm(PeerTimer.PersistentKeepalive, now, TimeSpan.FromSeconds(seconds));
    }

    internal void HandshakeInitiated(long now) => Arm(PeerTimer.RetransmitHandshake, now, ProtocolLimits.RekeyTimeout + Jitter());

    internal void HandshakeCompleted() => Disarm(PeerTimer.RetransmitHandshake);

    internal void SessionDerived(long now) => Arm(PeerTimer.ZeroKeys, now, ProtocolLimits.ZeroKeysAfter);

    /// <summary>The handshake was given up: keys go later, unless that is already due.</summary>
    internal void HandshakeAbandoned(long now)
    {
        Disarm(PeerTimer.SendKeepalive);
        if (!IsArmed(PeerTimer.ZeroKeys))
            Arm(PeerTimer.ZeroKeys, now, ProtocolLimits.ZeroKeysAfter);
    }

    /// <summary>The passive keepalive was sent; if more data had come in since it was armed, another follows.</summary>
    internal void KeepaliveFired(long now)
    {
        if (Interlocked.Exchange(ref _needsAnotherKeepalive, 0) != 0)
            Arm(PeerTimer.SendKeepalive, now, ProtocolLimits.KeepaliveTimeout);
    }

    /// <summary>
    /// True when that may be told at once. A peer that moves to and fro with every packet is told of once a second: what is
    /// kept back is told when the timer is due.
    /// </summary>
    internal bool EndpointMoved(long now)
    {
        var told = Volatile.Read(ref _endpointToldAt);
        if (now - told >= (long)ShortestDelay.TotalNanoseconds && Interlocked.CompareExchange(ref _endpointToldAt, now, told) == told)
        {
            Disarm(PeerTimer.TellEndpoint);
            return true;
        }

        if (!IsArmed(PeerTimer.TellEndpoint))
            Arm(PeerTimer.TellEndpoint, now, ShortestDelay);
        return false;
    }

    internal void EndpointTold(long now) => Volatile.Write(ref _endpointToldAt, now);

    /// <summary>Nothing can be armed from here on until <see cref="Restart"/>.</summary>
    internal void Stop()
    {
        Volatile.Write(ref _isStopped, 1);
        foreach (var timer in All)
            Disarm(timer);
        Volatile.Write(ref _needsAnotherKeepalive, 0);
    }

    internal void Restart() => Volatile.Write(ref _isStopped, 0);

    /// <summary>The next timer that is due, disarmed by this call; null when none is.</summary>
    internal PeerTimer? TakeDue(long now)
    {
        foreach (var timer in All)
        {
            var deadline = Volatile.Read(ref _deadlines[(int)timer]);
            // Exactly one taker, and not if it was moved just now.
            if (deadline <= now && Interlocked.CompareExchange(ref _deadlines[(int)timer], Disarmed, deadline) == deadline)
                return timer;
        }

        return null;
    }

    /// <summary>The earliest deadline, or long.MaxValue.</summary>
    internal long Earliest()
    {
        var earliest = Disarmed;
        for (var i = 0; i < _deadlines.Length; i++)
            earliest = Math.Min(earliest, Volatile.Read(ref _deadlines[i]));
        return earliest;
    }

    internal bool IsArmed(PeerTimer timer) => Volatile.Read(ref _deadlines[(int)timer]) != Disarmed;

    private void Arm(PeerTimer timer, long now, TimeSpan delay)
    {
        if (Volatile.Read(ref _isStopped) == 0)
            Volatile.Write(ref _deadlines[(int)timer], now + (delay.Ticks * 100));
    }

    private void Disarm(PeerTimer timer) => Volatile.Write(ref _deadlines[(int)timer], Disarmed);

    /// <summary>Nanoseconds, up to a third of a second, to part two ends that do the same.</summary>
    internal long NextJitter() => Jitter().Ticks * TimeSpan.NanosecondsPerTick;

    private TimeSpan Jitter() => new(jitter.NextInt64(ProtocolLimits.RekeyTimeoutJitter.Ticks));
}
