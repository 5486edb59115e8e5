using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// The server of enrollments (docs/enrollment-protocol.md, section 7): a datagram in, at most one out, never a larger one; no
/// socket, no clock, no thread. One thread at a time; the caller owns the buffers.
/// </summary>
internal sealed partial class EnrollmentServer : IDisposable
{
    private const int HellosPerSecond = 200;
    private const int SessionsPerSecond = 100;
    private const long Second = 1_000_000_000;
    private const long SharedTime = 10 * Second;
    private const long DeadTime = 10 * Second;
    private const long ApprovalTime = 300 * Second;
    private const long RepeatTime = 60 * Second;
    private const long SweepTime = Second / 10;

    private readonly EnrollmentRegistry _registry;
    private readonly ServerSettings _settings;
    private readonly Action<EnrollmentEvent> _audit;
    private readonly RandomFill _random;
    private readonly CookieSource _cookies;
    private readonly RateLimiter _ofSource = new();
    private readonly TokenBucket _hellosByCode = new(HellosPerSecond);
    private readonly TokenBucket _hellosByInvite = new(HellosPerSecond);
    private readonly TokenBucket _startsByCode = new(SessionsPerSecond);
    private readonly TokenBucket _startsByInvite = new(SessionsPerSecond);
    private readonly SessionTable _sessions = new();
    private readonly LeaseClock _leases = new();
    private readonly Credential _anyCode = Credential.FromCode("000000");
    private readonly Credential _anyInvite;
    private long _sweepAt = long.MinValue;

    /// <param name="audit">Hears of everything that comes about, on the thread that brought it about.</param>
    /// <param name="random">Null: the system's random numbers.</param>
    /// <exception cref="ArgumentException">The settings do not fit into a grant.</exception>
    internal EnrollmentServer(EnrollmentRegistry registry, ServerSettings settings, Action<EnrollmentEvent> audit, RandomFill? random = null)
    {
        _registry = registry;
        _settings = settings;
        _audit = audit;
        _random = random ?? SecureRandom.Fill;
        _cookies = new CookieSource(_random);
        _anyInvite = Credential.FromInvite(stackalloc byte[Credential.SecretSize], Credential.Fingerprint(registry.State.Identity.PublicKey));
        CheckSettings();
    }

    /// <summary>Whether a datagram of anybody's could get an answer.</summary>
    internal bool HasAnythingToSay(EnrollmentTime now) => Window is not null || _sessions.All.Count > 0 || _registry.HasInvite(now.Wall);

    /// <summary>Takes a datagram whose first byte is <see cref="EnrollmentFormat.FirstByte"/>.</summary>
    /// <param name="reply">1200 bytes.</param>
    /// <returns>How much of <paramref name="reply"/> goes back to where the datagram came from; 0: nothing.</returns>
    internal int Receive(ReadOnlySpan<byte> message, in UdpEndpoint from, EnrollmentTime now, Span<byte> reply)
    {
        var kind = EnrollmentFormat.Classify(message);
        if (kind is not (EnrollmentMessage.Hello or EnrollmentMessage.ClientShare or EnrollmentMessage.Finish))
            return 0;
        Tick(now);
        return kind switch
        {
            EnrollmentMessage.Hello => TakeHello(message, from, now, reply),
            EnrollmentMessage.ClientShare => TakeShare(message, from, now, reply),
            _ => TakeFinish(message, from, now, reply),
        };
    }

    /// <summary>Closes the window whose time is over and forgets sessions that are. Once a second is enough: messages do it too.</summary>
    internal void Tick(EnrollmentTime now)
    {
        if (Window is { } window && now.Monotonic >= window.ClosesAt)
            Close(WindowClosing.TimeOver, now);
        if (now.Monotonic < _sweepAt)
            return;
        _sweepAt = now.Monotonic + SweepTime;
        foreach (var session in _sessions.All.Where(session => now.Monotonic >= session.Expires).ToList())
        {
            if (session.State == SessionState.Waiting)
                Refuse(session, GrantRefusal.Denied, now);
            else
                _sessions.Remove(session);
        }
    }

    public void Dispose()
    {
        foreach (var session in _sessions.All.ToList())
            _sessions.Remove(session);
        Window?.Dispose();
        _cookies.Dispose();
        _anyCode.Dispose();
        _anyInvite.Dispose();
    }

    private int TakeHello(ReadOnlySpan<byte> hello, in UdpEndpoint from, EnrollmentTime now, Span<byte> reply)
    {
        var hellos = EnrollmentFormat.CredentialOf(hello) == CredentialKind.Code ? _hellosByCode : _hellosByInvite;
        if (!IsAwake(hello, now) || !hellos.TryTake(now.Monotonic))
            return 0;
        var retry = reply[..EnrollmentFormat.RetrySize];
        EnrollmentFormat.Begin(retry, EnrollmentMessage.Retry, EnrollmentFormat.CredentialOf(hello));
        hello.Slice(EnrollmentFormat.ClientNonce, EnrollmentFormat.NonceSize).CopyTo(retry[EnrollmentFormat.ClientNonce..]);
        _random(retry.Slice(EnrollmentFormat.ServerNonce, EnrollmentFormat.NonceSize));
        _cookies.Write(retry[EnrollmentFormat.Retry.Cookie..], retry, from, now.Monotonic);
        return retry.Length;
    }

    private int TakeShare(ReadOnlySpan<byte> share, in UdpEndpoint from, EnrollmentTime now, Span<byte> reply)
    {
        if (!IsAwake(share, now)
            || !_cookies.IsValid(share.Slice(EnrollmentFormat.ClientShare.Cookie, EnrollmentFormat.MacSize), share, from, now.Monotonic))
            return 0;
        var session = _sessions.Find(SessionId.Of(share));
        if (session is null ? (session = Begin(share, from, now)) is null : !session.WasBegunBy(share))
            return 0;
        session.ServerShare.CopyTo(reply);
        return session.ServerShare.Length;
    }

    private ServerSession? Begin(ReadOnlySpan<byte> share, in UdpEndpoint from, EnrollmentTime now)
    {
        // A source's share first: to look through invitations costs a hash for each. Then, of those who have none, nothing of what is all sources'.
        var kind = EnrollmentFormat.CredentialOf(share);
        if (!_sessions.HasRoomFor(kind, from) || !_ofSource.TryTake(from, now.Monotonic))
            return null;
        var isByCode = kind == CredentialKind.Code;
        var invite = isByCode ? null : _registry.FindInvite(share, now.Wall);
        if ((!isByCode && invite is null) || !(isByCode ? _startsByCode : _startsByInvite).TryTake(now.Monotonic))
            return null;
        var window = isByCode ? Window : null;
        var credential = window?.Credential ?? invite!.Credential;
        var own = new EphemeralShare(credential, EnrollmentFormat.SessionOf(share), _random);
        var answer = new byte[EnrollmentFormat.ServerShareSize];
        EnrollmentFormat.Begin(answer, EnrollmentMessage.ServerShare, credential.Kind);
        EnrollmentFormat.SessionOf(share).CopyTo(answer.AsSpan(EnrollmentFormat.ClientNonce));
        own.Share.CopyTo(answer.AsSpan(EnrollmentFormat.ServerShare.Share));
        own.PublicKey.CopyTo(answer.AsSpan(EnrollmentFormat.ServerShare.Ephemeral));
        if (own.Agree(credential, share, answer, isClient: false) is not { } keys)
        {
            own.Dispose();
            return null;
        }

        var session = new ServerSession
        {
            Id = SessionId.Of(share),
            From = from,
            Window = window,
            Invite = invite,
            Own = own,
            Keys = keys,
            ClientEphemeral = share.Slice(EnrollmentFormat.ClientShare.Ephemeral, X25519.KeySize).ToArray(),
            ServerShare = answer,
            Expires = now.Monotonic + SharedTime,
        };
        session.RememberBeginning(share);
        _sessions.Add(session);
        Tell(EnrollmentEventKind.Started, now, session);
        return session;
    }

    // Who has nothing to give says nothing.
    private bool IsAwake(ReadOnlySpan<byte> message, EnrollmentTime now) => EnrollmentFormat.CredentialOf(message) == CredentialKind.Code
        ? Window is not null && _anyCode.IsMac1Valid(message)
        : _anyInvite.IsMac1Valid(message) && _registry.HasInvite(now.Wall);

    private void CheckSettings()
    {
        var isGood = _settings.AllowedIPs.Count <= GrantPayload.MaxAllowedIPs
            && _settings.Dns.Count <= GrantPayload.MaxDns
            && _settings.Mtu is null or >= GrantPayload.MinMtu
            && _settings.Keepalive is not 0
            && (_settings.Lease is not { } lease || (lease.TotalSeconds >= 1 && lease.TotalSeconds <= uint.MaxValue));
        var bytes = new byte[EnrollmentFormat.Grant.PayloadSize];
        GrantOf(new EnrolledPeer(default, null!, new string('x', PeerName.MaxBytes), _registry.Pool.Server, default), _settings.Lease).Write(bytes);
        if (!isGood || GrantPayload.Read(bytes) is null)
            throw new ArgumentException("The settings cannot be told to clients: too many networks or name servers, or a value out of its bounds.");
    }
}
