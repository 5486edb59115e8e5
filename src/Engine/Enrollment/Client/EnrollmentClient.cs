using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Enrollment;

internal enum ClientState
{
    Hello,
    Sharing,
    Finishing,
    Joined,
    Failed,
}

internal enum ClientFailure
{
    None,

    /// <summary>Time is over and nobody answered: no window, another port, a firewall.</summary>
    NoAnswer,

    /// <summary>Somebody answered, but showed no knowledge of the code: it may be wrong, or somebody sits in between.</summary>
    NotConfirmed,

    /// <summary>The server, or somebody in between, says that the code is wrong.</summary>
    WrongCode,

    /// <summary>The server, or somebody in between, says that the window has closed.</summary>
    Closed,

    /// <summary>The server that has the code says no: <see cref="JoinResult"/> tells why.</summary>
    Refused,

    /// <summary>The server that has the secret is not the one that the invitation names.</summary>
    OtherServer,
}

/// <summary>What came of it: the server's key, what it hands out, and the key that both now share.</summary>
internal sealed record JoinResult(PublicKey Server, GrantPayload Grant, SecretKey? PresharedKey);

/// <summary>
/// The client of one enrollment (docs/enrollment-protocol.md, section 8): datagrams in, datagrams out, no socket and no
/// clock. Call <see cref="Poll"/> when <see cref="NextPoll"/> has come and after each <see cref="Receive"/>, and send what it
/// writes. Good for one code typed once. One thread at a time; the caller owns the buffers.
/// </summary>
internal sealed class EnrollmentClient : IDisposable
{
    private const int ShareTries = 4;
    private const long Second = 1_000_000_000;
    private const long FirstWait = Second / 4;
    private const long LongestWait = 2 * Second;
    private const long ApprovalTime = 300 * Second;

    private readonly ClientOptions _options;
    private readonly RandomFill _random;
    private readonly byte[] _message = new byte[EnrollmentFormat.MaxSize];
    private readonly byte[] _clientShare = new byte[EnrollmentFormat.ClientShareSize];
    private EphemeralShare? _own;
    private EnrollmentKeys? _keys;
    private int _length;
    private int _tries;
    private long _wait;
    private long _deadline;
    private bool _isWaiting;

    /// <param name="now">Monotonic nanoseconds.</param>
    /// <param name="random">Null: the system's random numbers.</param>
    internal EnrollmentClient(ClientOptions options, long now, RandomFill? random = null)
    {
        if (options.Name is not null && !PeerName.IsValid(options.Name))
            throw new ArgumentException("A name is 1 to 63 bytes without control characters and without blanks at its ends.", nameof(options));
        _options = options;
        _random = random ?? SecureRandom.Fill;
        _deadline = now + (long)options.Timeout.TotalNanoseconds;
        StartRun(now);
    }

    internal ClientState State { get; private set; }

    internal ClientFailure Failure { get; private set; }

    /// <summary>Set when <see cref="ClientState.Joined"/>, or refused by a server that has the code. The caller disposes of its key.</summary>
    internal JoinResult? Result { get; private set; }

    /// <summary>Whether the server has let us know that a person has to approve.</summary>
    internal bool IsWaitingForApproval => _isWaiting && !IsOver;

    internal bool IsOver => State is ClientState.Joined or ClientState.Failed;

    /// <summary>When to call <see cref="Poll"/> next, in monotonic nanoseconds.</summary>
    internal long NextPoll { get; private set; }

    /// <summary>What is to be sent now; empty: nothing.</summary>
    internal ReadOnlySpan<byte> Poll(long now)
    {
        if (IsOver || now < NextPoll)
            return default;
        if (now >= _deadline)
        {
            Fail(State == ClientState.Finishing ? ClientFailure.NotConfirmed : ClientFailure.NoAnswer);
            return default;
        }

        if (State == ClientState.Sharing && _tries == ShareTries)
            StartRun(now);
        _tries++;
        Span<byte> jitter = stackalloc byte[1];
        _random(jitter);
        NextPoll = Math.Min(_deadline, now + _wait + (_wait * jitter[0] / (5 * 256)));
        _wait = Math.Min(LongestWait, 2 * _wait);
        return _message.AsSpan(0, _length);
    }

    /// <summary>Takes a datagram that came from the server's address. What does not fit changes nothing.</summary>
    internal void Receive(ReadOnlySpan<byte> message, long now)
    {
        if (IsOver || EnrollmentFormat.Classify(message) is not { } kind || EnrollmentFormat.CredentialOf(message) != _options.Credential.Kind)
            return;
        var nonces = kind == EnrollmentMessage.Retry ? EnrollmentFormat.NonceSize : EnrollmentFormat.SessionSize;
        if (!message.Slice(EnrollmentFormat.ClientNonce, nonces).SequenceEqual(_message.AsSpan(EnrollmentFormat.ClientNonce, nonces)))
            return;
        switch (kind)
        {
            case EnrollmentMessage.Retry when State == ClientState.Hello:
                TakeRetry(message, now);
                break;
            case EnrollmentMessage.ServerShare when State == ClientState.Sharing:
                TakeServerShare(message, now);
                break;
            case EnrollmentMessage.Grant when State == ClientState.Finishing:
                TakeGrant(message, now);
                break;
            case EnrollmentMessage.Refusal when State == ClientState.Finishing && !_isWaiting:
                var reason = (RefusalReason)message[EnrollmentFormat.Refusal.Reason];
                Fail(reason == RefusalReason.WrongCode ? ClientFailure.WrongCode : ClientFailure.Closed);
                break;
        }
    }

    public void Dispose() => ForgetRun();

    private void StartRun(long now)
    {
        ForgetRun();
        State = ClientState.Hello;
        var hello = Say(EnrollmentFormat.HelloSize, now);
        EnrollmentFormat.Begin(hello, EnrollmentMessage.Hello, _options.Credential.Kind);
        _random(hello.Slice(EnrollmentFormat.ClientNonce, EnrollmentFormat.NonceSize));
        _options.Credential.WriteMac1(hello);
    }

    private void TakeRetry(ReadOnlySpan<byte> retry, long now)
    {
        var share = _clientShare.AsSpan();
        EnrollmentFormat.Begin(share, EnrollmentMessage.ClientShare, _options.Credential.Kind);
        EnrollmentFormat.SessionOf(retry).CopyTo(share[EnrollmentFormat.ClientNonce..]);
        retry[EnrollmentFormat.Retry.Cookie..].CopyTo(share[EnrollmentFormat.ClientShare.Cookie..]);
        _own = new EphemeralShare(_options.Credential, EnrollmentFormat.SessionOf(retry), _random);
        _own.Share.CopyTo(share[EnrollmentFormat.ClientShare.Share..]);
        _own.PublicKey.CopyTo(share[EnrollmentFormat.ClientShare.Ephemeral..]);
        _options.Credential.WriteInviteTag(share);
        _options.Credential.WriteMac1(share);
        State = ClientState.Sharing;
        share.CopyTo(Say(share.Length, now));
    }

    // Whatever it is, it is the only one of this run: each would be a guess.
    private void TakeServerShare(ReadOnlySpan<byte> share, long now)
    {
        State = ClientState.Finishing;
        _keys = _own!.Agree(_options.Credential, _clientShare, share, isClient: true);
        var finish = Say(EnrollmentFormat.FinishSize, now);
        EnrollmentFormat.Begin(finish, EnrollmentMessage.Finish, _options.Credential.Kind);
        EnrollmentFormat.SessionOf(share).CopyTo(finish[EnrollmentFormat.ClientNonce..]);
        Span<byte> payload = stackalloc byte[EnrollmentFormat.Finish.PayloadSize];
        new FinishPayload(_options.Name).Write(payload);
        var serverEphemeral = share.Slice(EnrollmentFormat.ServerShare.Ephemeral, X25519.KeySize);
        if (_keys is null || !FinishMessage.TryWrite(finish, _keys, _options.Identity, serverEphemeral, payload))
            Fail(ClientFailure.NotConfirmed);
    }

    private void TakeGrant(ReadOnlySpan<byte> grant, long now)
    {
        using var keys = _keys!.Clone();
        Span<byte> bytes = stackalloc byte[EnrollmentFormat.Grant.PayloadSize];
        if (!GrantMessage.TryOpen(grant, keys, _own!, out var server, out var sequence, bytes))
            return;
        if (_options.ServerFingerprint is { } fingerprint && !fingerprint.AsSpan().SequenceEqual(Credential.Fingerprint(server)))
        {
            Fail(ClientFailure.OtherServer);
            return;
        }

        if (GrantPayload.Read(bytes) is not { } payload || sequence != (payload.Status == GrantStatus.Waiting ? GrantMessage.Waiting : GrantMessage.Decided))
            return;
        switch (payload.Status)
        {
            case GrantStatus.Waiting:
                if (!_isWaiting)
                    _deadline = now + ApprovalTime;
                _isWaiting = true;
                break;
            case GrantStatus.Refused:
                Result = new JoinResult(server, payload, null);
                Fail(ClientFailure.Refused);
                break;
            default:
                CryptographicOperations.ZeroMemory(bytes);
                Result = new JoinResult(server, payload, payload.PresharedKey ?? KeyOfRun(keys));
                State = ClientState.Joined;
                ForgetRun();
                break;
        }
    }

    private static SecretKey KeyOfRun(EnrollmentKeys keys)
    {
        Span<byte> psk = stackalloc byte[SecretKey.Size];
        keys.DerivePresharedKey(psk);
        var key = new SecretKey(psk);
        CryptographicOperations.ZeroMemory(psk);
        return key;
    }

    private Span<byte> Say(int length, long now)
    {
        _length = length;
        _tries = 0;
        _wait = FirstWait;
        NextPoll = now;
        return _message.AsSpan(0, length);
    }

    private void Fail(ClientFailure failure)
    {
        State = ClientState.Failed;
        Failure = failure;
        ForgetRun();
    }

    private void ForgetRun()
    {
        _own?.Dispose();
        _own = null;
        _keys?.Dispose();
        _keys = null;
    }
}
