using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>What the administrator asks.</summary>
internal sealed partial class EnrollmentHost : IEnrollmentControl
{
    private const long ShortestInvite = 60;
    private const long LongestInvite = 31_536_000;
    private const long UsualInvite = 86_400;

    // Of the window that is open: a connection may see many.
    private CancellationTokenRegistration _opener;

    public EnrollmentOpened Open(EnrollmentOpenRequest request, CancellationToken opener = default)
    {
        var options = new WindowOptions
        {
            Duration = TimeSpan.FromSeconds(Within("seconds", request.Seconds ?? 60, (int)WindowOptions.MinDuration.TotalSeconds, (int)WindowOptions.MaxDuration.TotalSeconds)),
            Digits = (int)Within("codeLength", request.CodeLength ?? Credential.MinDigits, Credential.MinDigits, Credential.MaxDigits),
            NeedsApproval = request.Approve,
            MaxPeers = request.MaxPeers is { } most ? (int)Within("maxPeers", most, 1, int.MaxValue) : null,
        };
        lock (_lock)
        {
            RequireRunning();
            var now = Now;
            _server.Tick(now);
            if (_server.Window is not null)
                throw new ControlException(ControlErrorCode.WindowOpen, "A window is open; close it first, or wait until it has closed.");
            var code = _server.OpenWindow(options, now);
            _guest.IsListening = true;
            if (request.ClosesWithConnection)
            {
                var window = _server.Window;
                _opener = opener.Register(() => CloseAbandoned(window));
            }

            return new EnrollmentOpened { Code = code, Seconds = (int)options.Duration.TotalSeconds, ClosesAt = now.Wall + options.Duration };
        }
    }

    public EnrollmentClosed Close()
    {
        lock (_lock)
        {
            RequireRunning();
            return new EnrollmentClosed(_server.CloseWindow(Now));
        }
    }

    public EnrollmentStatus Status()
    {
        lock (_lock)
        {
            RequireRunning();
            var now = Now;
            _server.Tick(now);
            var state = _registry.State;
            return new EnrollmentStatus
            {
                PublicKey = state.Identity.PublicKey.ToString(),
                Fingerprint = EnrollmentWords.Fingerprint(state.Identity.PublicKey),
                Endpoint = _setup.Endpoint?.ToString(),
                Window = _server.Window is { } window ? Describe(window, now) : null,
                Waiting = [.. Waiting().Select(client => EnrollmentWords.Describe(client))],
                Pools = [.. _registry.Pool.Ranges.Select(EnrollmentWords.Describe)],
                Peers = [.. state.Peers.Values.OrderBy(peer => peer.At).Select(EnrollmentWords.Describe)],
                Invites = [.. state.Invites.Values.Where(invite => now.Wall < invite.Expires).OrderBy(invite => invite.Expires).Select(EnrollmentWords.Describe)],
                Reservations = [.. DescribeReservations()],
            };
        }
    }

    public EnrolledPeerInfo Approve(string client)
    {
        lock (_lock)
        {
            RequireRunning();
            var chosen = Choose(client);
            _asked = chosen.Key;
            var isThere = _server.Approve(chosen.Key, Now);
            _asked = null;
            if (!isThere)
                throw Nobody();
            return _decision is { Kind: EnrollmentEventKind.Refused } refused
                ? throw new ControlException(ControlErrorCode.EnrollmentRefused, $"It was refused all the same: {EnrollmentWords.WordOf(refused.Refusal)}.")
                : EnrollmentWords.Describe(_registry.State.Peers[chosen.Key]);
        }
    }

    public WaitingPeerInfo Deny(string client)
    {
        lock (_lock)
        {
            RequireRunning();
            var chosen = Choose(client);
            return _server.Deny(chosen.Key, Now) ? EnrollmentWords.Describe(chosen) : throw Nobody();
        }
    }

    public EnrollmentInvite Invite(EnrollmentInviteRequest request)
    {
        var life = TimeSpan.FromSeconds(Within("expiresInSeconds", request.ExpiresInSeconds ?? UsualInvite, ShortestInvite, LongestInvite));
        var uses = (int)Within("maxUses", request.MaxUses ?? 1, 1, EnrollmentRegistry.MaxUses);
        if (request.PeerName is not null && !PeerName.IsValid(request.PeerName))
            throw BadName();
        var endpoint = EndpointOf(request);
        var host = endpoint.Host.Contains(':') ? $"[{endpoint.Host}]" : endpoint.Host;
        lock (_lock)
        {
            RequireRunning();
            var invite = Store(() =>
            {
                var made = _server.MakeInvite(host, endpoint.Port, request.PeerName, life, uses, Now, out var link);
                return new EnrollmentInvite { Id = EnrollmentWords.InviteId(made.Id), Link = link, Expires = made.Expires, MaxUses = made.MaxUses, PeerName = made.PeerName };
            });
            _guest.IsListening = true;
            return invite;
        }
    }

    public EnrollmentInviteInfo RevokeInvite(string id)
    {
        if (!EnrollmentWords.TryReadInviteId(id, out var number))
            throw ControlException.InvalidValue("id", "the id of an invitation is 16 hexadecimal digits.");
        lock (_lock)
        {
            RequireRunning();
            if (!_registry.State.Invites.TryGetValue(number, out var invite))
                throw new ControlException(ControlErrorCode.EnrollmentNotFound, "There is no such invitation.");
            var before = EnrollmentWords.Describe(invite);
            Store(() => _server.RevokeInvite(number, Now));
            return before;
        }
    }

    public EnrolledPeerInfo RevokePeer(PublicKey key)
    {
        lock (_lock)
        {
            RequireRunning();
            if (!_registry.State.Peers.TryGetValue(key, out var peer))
                throw new ControlException(ControlErrorCode.PeerNotFound, "No peer with this key has joined.");
            var before = EnrollmentWords.Describe(peer);
            // First: a disk that is full must not keep anybody in.
            CutOff(key);
            try
            {
                _ = _server.RevokePeer(key, Now);
            }
            catch (IOException failure)
            {
                _cutOff.Add(key);
                throw new ControlException(
                    ControlErrorCode.EnrollmentRefused,
                    $"The peer is cut off, but that could not be stored: {failure.Message} It is tried again every second; until it is, the peer comes back when the tunnel is started again.",
                    inner: failure);
            }

            return before;
        }
    }

    // Nobody sees any more who joins. Only that window: there may be another by now.
    private void CloseAbandoned(EnrollmentWindow? window)
    {
        lock (_lock)
        {
            if (!_isStopping && window is not null && ReferenceEquals(window, _server.Window))
                _ = _server.CloseWindow(Now, WindowClosing.OpenerGone);
        }
    }

    // The socket answers until everything else is undone.
    private void RequireRunning()
    {
        if (_isStopping)
            throw new ControlException(ControlErrorCode.NotServed, "The tunnel is ending.");
    }

    private static long Within(string member, long value, long least, long most) => value >= least && value <= most
        ? value
        : throw ControlException.InvalidValue(member, $"{value} is not from {least} to {most}.");

    private static T Store<T>(Func<T> change)
    {
        try
        {
            return change();
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            throw new ControlException(ControlErrorCode.EnrollmentRefused, failure.Message, inner: failure);
        }
    }

    private static ControlException BadName() =>
        ControlException.InvalidValue("peerName", $"a name is 1 to {PeerName.MaxBytes} bytes without control characters and without blanks at its ends.");

    private static ControlException Nobody() => new(ControlErrorCode.EnrollmentNotFound, "No client that waits is called so.");

    private HostEndpoint EndpointOf(EnrollmentInviteRequest request)
    {
        if (request.Endpoint is null)
        {
            return _setup.Endpoint ?? throw ControlException.InvalidValue("endpoint", "the server was not told where clients reach it, so the invitation has to say HOST or HOST:PORT.");
        }

        return ServeText.TryReadEndpoint(request.Endpoint, _setup.Port, out var endpoint)
            ? endpoint
            : throw ControlException.InvalidValue("endpoint", "it is HOST, HOST:PORT, an address, or [IPv6]:PORT.");
    }

    private EnrollmentWindowInfo Describe(EnrollmentWindow window, EnrollmentTime now)
    {
        var left = TimeSpan.FromTicks(Math.Max(0, window.ClosesAt - now.Monotonic) / 100);
        return new EnrollmentWindowInfo
        {
            ClosesAt = now.Wall + left,
            RemainingSeconds = left.TotalSeconds,
            GuessesLeft = EnrollmentWindow.MaxWrongGuesses - window.WrongGuesses,
            MaxPeers = window.MaxPeers,
            Approve = window.NeedsApproval,
            Joined = [.. window.Joined.Select(key => _registry.State.Peers.GetValueOrDefault(key)).OfType<EnrolledPeer>().Select(EnrollmentWords.Describe)],
        };
    }

    // A client that began anew waits twice.
    private IEnumerable<WaitingClient> Waiting() => _server.Waiting.Reverse().DistinctBy(client => client.Key).Reverse();

    // By what it cannot choose first: a client may call itself whatever it likes, also what another's fingerprint is.
    private WaitingClient Choose(string called)
    {
        _server.Tick(Now);
        var waiting = Waiting().ToList();
        var bare = called.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal);
        Func<WaitingClient, bool>[] ways =
        [
            client => client.Key.ToString() == called,
            client => EnrollmentWords.Fingerprint(client.Key).Equals(bare, StringComparison.OrdinalIgnoreCase),
            client => client.Name == called,
        ];
        foreach (var way in ways)
        {
            switch (waiting.Where(way).ToList())
            {
                case [var one]:
                    return one;
                case { Count: > 1 }:
                    throw ControlException.InvalidValue("client", "several clients that wait call themselves so; choose by fingerprint.");
            }
        }

        throw Nobody();
    }
}
