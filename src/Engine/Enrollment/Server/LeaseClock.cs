using WireGuard.Api;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// When leases end. Those granted since the start end by the monotonic clock, whatever becomes of the other one. Those of before are
/// known by the wall clock alone, which may be wrong: where it jumps, they go on by the monotonic clock from where they were, and only a
/// wall clock that has kept in step with it for an hour ends one for good. None outlasts its length, from the start on, whatever either
/// wall clock says: that of the grant may have been ahead.
/// </summary>
internal sealed class LeaseClock
{
    internal static readonly TimeSpan SettleTime = TimeSpan.FromHours(1);

    // Between two looks, which are a second apart: a clock that is only adjusted stays below.
    private static readonly TimeSpan s_jump = TimeSpan.FromSeconds(5);

    // Who sets a clock may do so in steps.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);

    private readonly Dictionary<PublicKey, long> _endsOfThisRun = [];
    private EnrollmentTime? _last;
    private long _start;
    private long _steadySince;
    private bool _wasSet;

    // The wall clock at the monotonic clock's zero, as leases go by it.
    private DateTimeOffset _zero;
    private bool _wasSettled;

    /// <summary>Looks at both clocks; once a second.</summary>
    internal void Look(EnrollmentTime now)
    {
        if (_last is not { } last)
            _steadySince = _start = now.Monotonic;
        else if (((now.Wall - last.Wall) - Span(now.Monotonic - last.Monotonic)).Duration() > s_jump)
            (_steadySince, _wasSet) = (now.Monotonic, true);
        _last = now;
        // Until it was relied on once, a clock that is set right after the start is believed at once.
        if (IsSettled(now) || !_wasSettled)
            _zero = now.Wall - Span(now.Monotonic);
        _wasSettled |= IsSettled(now);
    }

    /// <param name="lease">Null: it has none any more.</param>
    internal void Granted(in PublicKey key, TimeSpan? lease, EnrollmentTime now)
    {
        if (lease is { } given)
            _endsOfThisRun[key] = now.Monotonic + (long)given.TotalNanoseconds;
        else
            _endsOfThisRun.Remove(key);
    }

    internal void Forget(in PublicKey key) => _endsOfThisRun.Remove(key);

    /// <summary>Whether a lease has ended; <see cref="Look"/> comes before.</summary>
    internal bool IsOver(EnrolledPeer peer, EnrollmentTime now) => peer.LeaseEnds is { } ends
        && (_endsOfThisRun.TryGetValue(peer.Key, out var end) ? now.Monotonic >= end : _zero + Span(now.Monotonic) >= ends || HasHadItsLength(peer, ends, now));

    /// <summary>What is left of a lease; null: the peer has none.</summary>
    internal TimeSpan? Left(EnrolledPeer peer, EnrollmentTime now) => peer.LeaseEnds is not { } ends ? null
        : _endsOfThisRun.TryGetValue(peer.Key, out var end) ? Span(end - now.Monotonic)
        : TimeSpan.FromTicks(Math.Min((ends - (_zero + Span(now.Monotonic))).Ticks, (ends - peer.At - Span(now.Monotonic - _start)).Ticks));

    /// <summary>Whether one that has ended will not turn out not to have.</summary>
    internal bool IsOverForGood(EnrolledPeer peer, EnrollmentTime now) => IsOver(peer, now)
        && (_endsOfThisRun.ContainsKey(peer.Key) || IsSettled(now) || (peer.LeaseEnds is { } ends && HasHadItsLength(peer, ends, now)));

    /// <summary>Whether the wall clock was set and has been left alone since: what is stored by it is not true any more.</summary>
    internal bool WasSet(EnrollmentTime now) => _wasSet && Span(now.Monotonic - _steadySince) >= s_rest;

    /// <summary>What is stored is true again.</summary>
    internal void Stored() => _wasSet = false;

    /// <summary>When a lease of this run ends by the wall clock as it is now; null where what is stored is as near as that.</summary>
    internal DateTimeOffset? Corrected(EnrolledPeer peer, EnrollmentTime now) =>
        peer.LeaseEnds is { } ends && _endsOfThisRun.TryGetValue(peer.Key, out var end) && now.Wall + Span(end - now.Monotonic) is var right && (right - ends).Duration() > s_jump
            ? right
            : null;

    private bool HasHadItsLength(EnrolledPeer peer, DateTimeOffset ends, EnrollmentTime now) => _last is not null && Span(now.Monotonic - _start) >= ends - peer.At;

    private bool IsSettled(EnrollmentTime now) => Span(now.Monotonic - _steadySince) >= SettleTime;

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
