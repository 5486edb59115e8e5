using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>
/// One peer: its handshake, sessions, endpoint, timers, counters and waiting packets. Lanes, worker and control path
/// share it; each member says who may touch it, or orders itself.
/// </summary>
internal sealed class Peer
{
    private PeerEndpoint? _endpoint;
    private PeerEndpoint? _refused;
    private long _rxBytes;
    private long _txBytes;
    private long _lastHandshakeTicks;
    private int _initiationQueued;
    private int _flushQueued;
    private int _sentLastMinuteHandshake;
    private int _handshakeAttempts;
    private int _refusedResponses;
    private long _newestSession;

    internal Peer(in PublicKey publicKey, IndexTable indices, Random jitter)
    {
        PublicKey = publicKey;
        Handshake = new Handshake(publicKey);
        Cookies = new CookieGenerator(publicKey);
        Keypairs = new Keypairs(indices);
        Timers = new PeerTimers(jitter);
    }

    internal PublicKey PublicKey { get; }

    internal Handshake Handshake { get; }

    /// <summary>The worker's alone.</summary>
    internal CookieGenerator Cookies { get; }

    internal InitiationTimestamps InitiationTimestamps { get; } = new();

    internal Keypairs Keypairs { get; }

    internal PeerTimers Timers { get; }

    internal StagedPackets Staged { get; } = new();

    /// <summary>Friendly name; the control path's.</summary>
    internal string? Name { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Set once, when the peer leaves the device; threads that still hold it stop working for it.</summary>
    internal bool IsRemoved { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Index of the handshake in progress in the index table, 0 for none; guarded by the device's handshake lock.</summary>
    internal uint HandshakeIndex { get; set; }

    /// <summary>Monotonic nanoseconds; guarded by the device's handshake lock. Long ago until the first.</summary>
    internal long LastSentHandshake { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = long.MinValue / 2;

    internal int HandshakeAttempts { get => Volatile.Read(ref _handshakeAttempts); set => Volatile.Write(ref _handshakeAttempts, value); }

    /// <summary>Since the last handshake that was completed.</summary>
    internal int RefusedResponses { get => Volatile.Read(ref _refusedResponses); set => Volatile.Write(ref _refusedResponses, value); }

    internal PeerEndpoint? Endpoint => Volatile.Read(ref _endpoint);

    internal ulong RxBytes => (ulong)Interlocked.Read(ref _rxBytes);

    internal ulong TxBytes => (ulong)Interlocked.Read(ref _txBytes);

    /// <summary>Wall-clock time, null until the first handshake is complete.</summary>
    internal DateTimeOffset? LastHandshake
    {
        get => Interlocked.Read(ref _lastHandshakeTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Interlocked.Exchange(ref _lastHandshakeTicks, value?.UtcTicks ?? 0);
    }

    /// <summary>The first of three steps that bring in what a packet needs of a peer; each reads what the one before has brought in.</summary>
    internal void Hint() => CacheHint.Object(this, 3);

    internal void HintParts()
    {
        CacheHint.Object(Keypairs, 1);
        CacheHint.Object(_endpoint, 2);
        CacheHint.Object(Timers, 1);
        CacheHint.Object(Staged, 1);
    }

    internal void HintTimers() => Timers.Hint();

    internal void AddReceived(int bytes) => Interlocked.Add(ref _rxBytes, bytes);

    internal void AddSent(int bytes) => Interlocked.Add(ref _txBytes, bytes);

    /// <summary>
    /// Follows the peer to where an authenticated handshake message came from, and answers from the address it came to. True
    /// when the remote side moved.
    /// </summary>
    internal bool LearnEndpoint(in UdpEndpoint source) => Follow(source, null, 0);

    /// <summary>
    /// As the other, for a transport message. Whoever handles an older one after a newer, be it late or on another lane, does
    /// not move the endpoint back.
    /// </summary>
    /// <param name="session">Whose message it is.</param>
    internal bool LearnEndpoint(in UdpEndpoint source, Keypair session, ulong counter) => Follow(source, session, counter);

    private bool Follow(in UdpEndpoint source, Keypair? session, ulong counter)
    {
        if (session is not null && !IsOfNewestSession(session))
            return false;
        while (true)
        {
            var known = Endpoint;
            if (known is not null && (known.Value.Equals(source) || (session is not null && !known.IsOlderThan(session.Number, counter))))
                return false;
            // A lane that is behind: whoever has the newer one moves the endpoint, if it came from elsewhere.
            if (session?.IsNewest(counter) == false)
                return false;
            var learned = source with { TrafficClass = 0 };
            if (IsRefused(source))
            {
                learned = learned.WithoutSource();
                if (known is not null && known.Value.Equals(learned))
                    return false;
            }

            var moved = session is not null ? new PeerEndpoint(learned, session.Number, counter) : known?.With(learned) ?? new PeerEndpoint(learned);
            if (!ReferenceEquals(Interlocked.CompareExchange(ref _endpoint, moved, known), known))
                continue;
            // Meanwhile another lane may have had a newer one, from where the peer was known to be, and have left it at that.
            if (session is not null && known is not null && !(session.IsNewest(counter) && IsOfNewestSession(session)))
            {
                Interlocked.CompareExchange(ref _endpoint, known, moved);
                return false;
            }

            // It may have been refused in the meantime, by a thread that looked before the line above.
            if (learned.HasSource && IsRefused(learned))
                ForgetSource();
            return known is null || !known.Value.SameRemote(source);
        }
    }

    private bool IsOfNewestSession(Keypair session)
    {
        var number = session.Number;
        while (true)
        {
            var newest = Volatile.Read(ref _newestSession);
            if (number <= newest)
                return number == newest;
            if (Interlocked.CompareExchange(ref _newestSession, number, newest) == newest)
                return true;
        }
    }

    private bool IsRefused(in UdpEndpoint source) => Volatile.Read(ref _refused) is { } refused && refused.Value.Equals(source);

    internal void SetEndpoint(in UdpEndpoint endpoint) => Volatile.Write(ref _endpoint, Endpoint?.With(endpoint) ?? new PeerEndpoint(endpoint));

    /// <summary>Nothing can be sent until the peer speaks or an endpoint is set.</summary>
    internal void ForgetEndpoint() => Volatile.Write(ref _endpoint, null);

    /// <summary>Lets the system choose the source address again.</summary>
    internal void ForgetSource()
    {
        var known = Endpoint;
        if (known is { Value.HasSource: true })
            Interlocked.CompareExchange(ref _endpoint, known.With(known.Value.WithoutSource()), known);
    }

    /// <summary>
    /// Forgets the sources that, as <paramref name="serves"/> says, serve no longer. They are not learned again from what the
    /// peer still sends there, until a later call finds that they serve.
    /// </summary>
    internal void ReviewSources(SourceVerdict serves)
    {
        if (Volatile.Read(ref _refused) is { } refused && serves(in refused.Value))
            Volatile.Write(ref _refused, null);
        if (Endpoint is not { Value.HasSource: true } known || serves(in known.Value))
            return;
        Interlocked.Exchange(ref _refused, known);
        ForgetSource();
    }

    /// <summary>True for the one caller that may queue an initiation; more requests until it is worked on are one.</summary>
    internal bool TryQueueInitiation() => Interlocked.Exchange(ref _initiationQueued, 1) == 0;

    /// <summary>As <see cref="TryQueueInitiation"/>, for sending what waits.</summary>
    internal bool TryQueueFlush() => Interlocked.Exchange(ref _flushQueued, 1) == 0;

    internal void FlushDequeued() => Volatile.Write(ref _flushQueued, 0);

    internal void InitiationDequeued() => Volatile.Write(ref _initiationQueued, 0);

    /// <summary>True once a session.</summary>
    internal bool TryLastMinuteHandshake() => Interlocked.Exchange(ref _sentLastMinuteHandshake, 1) == 0;

    internal bool HasSentLastMinuteHandshake => Volatile.Read(ref _sentLastMinuteHandshake) != 0;

    internal void AllowLastMinuteHandshake() => Volatile.Write(ref _sentLastMinuteHandshake, 0);
}
