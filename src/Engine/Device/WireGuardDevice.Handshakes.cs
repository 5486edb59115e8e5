using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Device;

/// <summary>Handshakes, on the worker's thread: messages that lanes passed on and initiations that somebody asked for.</summary>
public sealed partial class WireGuardDevice
{
    private static readonly long UnderLoadNanoseconds = (long)ProtocolLimits.UnderLoadAfterglow.TotalNanoseconds;
    private static readonly long RekeyTimeoutNanoseconds = (long)ProtocolLimits.RekeyTimeout.TotalNanoseconds;

    private const int MaxHandshakesBetweenTimers = 64;

    private StaticIdentity? _identity;
    private readonly RateLimiter _rateLimiter = new();
    private volatile CookieChecker? _cookieChecker;
    private readonly WallClockWatch _wallClockWatch;
    private readonly RateLimitedLog _unknownKeyLog;
    private long _lastUnderLoad = long.MinValue;
    private long _foreignMessages;
    private long _unknownInitiations;

    // Of the initiation that is being worked on.
    private PublicKey? _unknownKey;

    /// <summary>Handshake messages waiting for the worker.</summary>
    internal int QueuedHandshakes => _queue.Count;

    /// <summary>
    /// Passes a handshake message from a lane to the worker. Dropped when too many wait, of its source or of all, and when
    /// its sender does not know our public key: whoever floods us without it reaches nobody but the lane.
    /// </summary>
    internal void EnqueueHandshake(MessageType type, ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        if (_cookieChecker is not { } checker)
            return;
        var hasMacs = type != MessageType.CookieReply;
        // A cookie reply has no mac1; what it answers is known by its index.
        if (!hasMacs && Indices.FindPeer(MessageFormat.ReadIndex(message, MessageFormat.CookieReply.ReceiverIndex)) is null)
            return;
        if (!_queue.IsWorthALook(from, hasMacs && CookieChecker.MayHaveCookie(message), now))
        {
            TellDropped(from);
            return;
        }

        if (hasMacs && !checker.IsMac1Valid(message))
        {
            Interlocked.Increment(ref _foreignMessages);
            StrangerLog.Write(LogLevel.Verbose, "mac", from, static source => $"handshake message from {source}: wrong mac1");
        }
        else if (!_queue.TryAddMessage(message, from, hasMacs ? checker : null, now))
            TellDropped(from);
    }

    private void TellDropped(in UdpEndpoint from) =>
        StrangerLog.Write(LogLevel.Warning, "queue", from, static source => $"handshake message from {source} dropped: too many wait, or come from there");

    /// <summary>
    /// Asks for a handshake with the peer unless one was begun less than REKEY_TIMEOUT ago. Any thread.
    /// </summary>
    /// <param name="isRetry">Continues the count of attempts instead of beginning a new one.</param>
    internal void RequestHandshake(Peer peer, long now, bool isRetry = false)
    {
        if (!isRetry)
            peer.HandshakeAttempts = 0;
        if (peer.IsRemoved || !_isUp || now - peer.LastSentHandshake < RekeyTimeoutNanoseconds || !peer.TryQueueInitiation())
            return;
        _queue.AddInitiation(peer);
    }

    /// <summary>Works off some of what waits, so that timers get their turn under a flood; returns whether there was anything.</summary>
    internal bool RunHandshakes()
    {
        Span<byte> message = stackalloc byte[MessageFormat.InitiationSize];
        var worked = false;
        for (var round = 0; round < MaxHandshakesBetweenTimers && !_isStopping; round++)
        {
            var busy = false;
            if (_queue.TryTakeInitiation(out var peer))
            {
                peer.InitiationDequeued();
                SendInitiation(peer);
                busy = true;
            }

            if (_queue.TryTakeFlush(out var waiting))
            {
                waiting.FlushDequeued();
                _workerSender.SendStaged(waiting);
                busy = true;
            }

            var length = _queue.TryTakeMessage(message, out var about);
            if (length > 0)
            {
                HandleMessage(message[..length], about);
                busy = true;
            }

            if (!busy)
                break;
            worked = true;
        }

        _cookieReplies.Send();
        return worked;
    }

    private void HandleMessage(ReadOnlySpan<byte> message, in QueuedMessage about)
    {
        var from = about.From;
        var now = Clock.Now;
        Peer? confirmed = null;
        lock (_handshakeLock)
        {
            if (_identity is null || _cookieChecker is null || !_isUp)
                return;
            switch (MessageFormat.Classify(message))
            {
                case MessageType.CookieReply:
                    HandleCookieReply(message, now);
                    break;
                case MessageType.Initiation when MayProceed(message, about, now):
                    HandleInitiation(message, from, now);
                    break;
                case MessageType.Response when MayProceed(message, about, now):
                    confirmed = HandleResponse(message, from, now);
                    break;
            }
        }

        if (confirmed is not null)
            CompleteHandshake(confirmed, _workerSender, sendKeepalive: true);
    }

    // Everything that costs more than a hash comes after this.
    private bool MayProceed(ReadOnlySpan<byte> message, in QueuedMessage about, long now)
    {
        var checker = _cookieChecker!;
        // Our key has changed since the lane looked: what was meant for the old one is worth nothing.
        if (!ReferenceEquals(about.CheckedBy, checker))
            return false;
        var isUnderLoad = IsUnderLoad(now) | about.IsSourceLoaded;
        if (!isUnderLoad)
            return true;
        switch (checker.CheckCookie(message, about.From, now))
        {
            case CookieState.Valid:
                return true;
            case CookieState.None:
                checker.CreateReply(_cookieReplies.Add(about.From), message, about.From, now);
                return false;
            default:
                StrangerLog.Write(LogLevel.Verbose, "rate", about.From, static source => $"handshake message from {source}: more than its share");
                return false;
        }
    }

    // An eighth of the queue waiting, and a second after that.
    private bool IsUnderLoad(long now)
    {
        if (_queue.Count >= _queue.Capacity / 8)
            _lastUnderLoad = now;
        return _lastUnderLoad != long.MinValue && now - _lastUnderLoad < UnderLoadNanoseconds;
    }

    private void HandleCookieReply(ReadOnlySpan<byte> message, long now)
    {
        var peer = Indices.FindPeer(MessageFormat.ReadIndex(message, MessageFormat.CookieReply.ReceiverIndex));
        if (peer is not null && peer.Cookies.ConsumeReply(message, now))
            Log.Verbose($"{peer.PublicKey}: cookie received, the next handshake carries it");
    }

    private void HandleInitiation(ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        _unknownKey = null;
        var handshake = Handshake.ConsumeInitiation(message, _identity!, FindHandshake, now);
        if (handshake is null)
        {
            TellRefused(from);
            return;
        }

        var peer = _peers[handshake.RemoteStatic];
        Learn(peer, from, now);
        SendResponse(peer, now);
        peer.AddReceived(message.Length);
        peer.Timers.AuthenticatedReceived();
        peer.Timers.AuthenticatedTraversal(now);
    }

    private void TellRefused(in UdpEndpoint from)
    {
        if (_unknownKey is not { } key)
        {
            StrangerLog.Write(LogLevel.Verbose, "initiation", from, static source => $"initiation from {source} refused");
            return;
        }

        Interlocked.Increment(ref _unknownInitiations);
        _unknownKeyLog.Write(LogLevel.Information, "key", (from, key), static of => $"initiation from {of.from} refused: there is no peer with its key {of.key}");
    }

    private void SendResponse(Peer peer, long now)
    {
        Span<byte> message = stackalloc byte[MessageFormat.ResponseSize];
        // When the two initiations crossed, the other end answers ours in the same moment, and both answers come to nothing.
        // Steady traffic would have both ends begin again in step; the jitter of retries alone does not part them.
        var hasCrossed = peer.HandshakeIndex != 0;
        peer.LastSentHandshake = hasCrossed ? now + peer.Timers.NextJitter() : now;
        NewHandshakeIndex(peer);
        if (!peer.Handshake.CreateResponse(message, peer.HandshakeIndex, _options.Ephemerals))
            return;
        peer.Cookies.AddMacs(message, now);
        if (!BeginSession(peer, now))
            return;
        SendHandshakeMessage(peer, message, now);
    }

    private Peer? HandleResponse(ReadOnlySpan<byte> message, in UdpEndpoint from, long now)
    {
        var peer = Indices.FindHandshake(MessageFormat.ReadIndex(message, MessageFormat.Response.ReceiverIndex));
        if (peer is null || !peer.Handshake.ConsumeResponse(message, _identity!))
        {
            if (peer is not null)
                peer.RefusedResponses++;
            StrangerLog.Write(LogLevel.Verbose, "response", from, static source => $"response from {source} refused");
            return null;
        }

        Learn(peer, from, now);
        peer.AddReceived(message.Length);
        peer.Timers.AuthenticatedReceived();
        peer.Timers.AuthenticatedTraversal(now);
        return BeginSession(peer, now) ? peer : null;
    }

    private void SendInitiation(Peer peer)
    {
        Span<byte> message = stackalloc byte[MessageFormat.InitiationSize];
        Span<byte> timestamp = stackalloc byte[MessageFormat.TimestampSize];
        lock (_handshakeLock)
        {
            var now = Clock.Now;
            if (peer.IsRemoved || !_isUp || _identity is null || now - peer.LastSentHandshake < RekeyTimeoutNanoseconds)
                return;
            peer.LastSentHandshake = now;
            _wallClockWatch.Look();
            peer.InitiationTimestamps.Next(timestamp, Clock.UtcNow);
            NewHandshakeIndex(peer);
            if (!peer.Handshake.CreateInitiation(message, _identity, peer.HandshakeIndex, timestamp, _options.Ephemerals))
                return;
            peer.Cookies.AddMacs(message, now);
            SendHandshakeMessage(peer, message, now);
            peer.Timers.HandshakeInitiated(now);
        }
    }

    private void SendHandshakeMessage(Peer peer, ReadOnlySpan<byte> message, long now)
    {
        peer.Timers.AuthenticatedTraversal(now);
        peer.Timers.AuthenticatedSent();
        _workerSender.SendMessage(peer, message, ProtocolLimits.HandshakeTrafficClass);
    }

    private bool BeginSession(Peer peer, long now)
    {
        Span<byte> keys = stackalloc byte[64];
        try
        {
            if (peer.IsRemoved
                || !peer.Handshake.TryDeriveSession(keys[..32], keys[32..], out var isInitiator, out var localIndex, out var remoteIndex))
                return false;
            var keypair = new Keypair(peer, isInitiator, localIndex, remoteIndex, now, keys[..32], keys[32..]);
            Indices.Replace(localIndex, keypair);
            peer.HandshakeIndex = 0;
            peer.Keypairs.Add(keypair);
            peer.Timers.SessionDerived(now);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>
    /// Both ends now have the session: called for an initiator when the response came, for a responder when the first
    /// packet on the session came. Sends what waited, else, if wanted, an empty packet that confirms the session.
    /// </summary>
    internal void CompleteHandshake(Peer peer, TransportSender sender, bool sendKeepalive)
    {
        peer.HandshakeAttempts = 0;
        peer.RefusedResponses = 0;
        peer.AllowLastMinuteHandshake();
        peer.Timers.HandshakeCompleted();
        peer.LastHandshake = Clock.UtcNow;
        if (sendKeepalive)
            SendKeepalive(peer, sender);
        else
            sender.SendStaged(peer);
        Raise(new DeviceEvent(DeviceEventKind.HandshakeCompleted, peer.PublicKey, peer.Name));
    }

    /// <summary>Sends an empty packet, or what waits; begins a handshake where there is no session.</summary>
    internal void SendKeepalive(Peer peer, TransportSender sender)
    {
        if (peer.Staged.Count == 0)
            peer.Staged.Add(default);
        sender.SendStaged(peer);
    }

    /// <summary>Follows a transport message's source, unless a newer one came from elsewhere.</summary>
    internal void Learn(Peer peer, in UdpEndpoint from, Keypair session, ulong counter, long now)
    {
        if (peer.LearnEndpoint(from, session, counter) && peer.Timers.EndpointMoved(now))
            TellEndpoint(peer);
    }

    // Follows a handshake message's source.
    private void Learn(Peer peer, in UdpEndpoint from, long now)
    {
        if (peer.LearnEndpoint(from) && peer.Timers.EndpointMoved(now))
            TellEndpoint(peer);
    }

    private void TellEndpoint(Peer peer) =>
        Raise(new DeviceEvent(DeviceEventKind.EndpointMoved, peer.PublicKey, peer.Name, peer.Endpoint?.Value.ToString()));

    private bool FindHandshake(in PublicKey key, [NotNullWhen(true)] out Handshake? handshake)
    {
        handshake = _peers.TryGetValue(key, out var peer) && !peer.IsRemoved ? peer.Handshake : null;
        if (handshake is null)
            _unknownKey = key;
        return handshake is not null;
    }

    private void NewHandshakeIndex(Peer peer)
    {
        ForgetHandshakeIndex(peer);
        peer.HandshakeIndex = Indices.AddHandshake(peer);
    }

    private void ForgetHandshakeIndex(Peer peer)
    {
        if (peer.HandshakeIndex == 0)
            return;
        Indices.Remove(peer.HandshakeIndex);
        peer.HandshakeIndex = 0;
    }
}
