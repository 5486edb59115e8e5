using WireGuard.Api;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

/// <summary>A client that has shown the code and waits for a person.</summary>
internal readonly record struct WaitingClient(PublicKey Key, string? Name, UdpEndpoint From);

/// <summary>What the administrator does.</summary>
internal sealed partial class EnrollmentServer
{
    /// <summary>The one that is open, if any.</summary>
    internal EnrollmentWindow? Window { get; private set; }

    internal IReadOnlyList<WaitingClient> Waiting =>
        [.. WaitingSessions().Select(session => new WaitingClient(session.Client, session.Name, session.From))];

    /// <summary>Opens a window and returns its code, for the eyes of whoever opened it and disposes of it.</summary>
    /// <exception cref="InvalidOperationException">One is open.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    internal ShownSecret OpenWindow(WindowOptions options, EnrollmentTime now)
    {
        Tick(now);
        if (Window is not null)
            throw new InvalidOperationException("A window is open; close it first.");
        Window = EnrollmentWindow.Open(options, now.Monotonic, _random, out var code);
        _audit(new EnrollmentEvent(EnrollmentEventKind.WindowOpened, now.Wall));
        return code;
    }

    /// <summary>False when none is open.</summary>
    internal bool CloseWindow(EnrollmentTime now, WindowClosing why = WindowClosing.OnDemand)
    {
        Tick(now);
        if (Window is null)
            return false;
        Close(why, now);
        return true;
    }

    /// <summary>Lets a client in that waits; false when none of that key does.</summary>
    internal bool Approve(in PublicKey key, EnrollmentTime now)
    {
        if (TakeWaiting(key, now) is not { } session)
            return false;
        Tell(EnrollmentEventKind.Approved, now, session);
        Decide(session, now);
        return true;
    }

    /// <inheritdoc cref="Approve"/>
    internal bool Deny(in PublicKey key, EnrollmentTime now)
    {
        if (TakeWaiting(key, now) is not { } session)
            return false;
        Tell(EnrollmentEventKind.Denied, now, session);
        Refuse(session, GrantRefusal.Denied, now);
        return true;
    }

    /// <summary>Makes an invitation and its link, for the eyes of whoever made it and disposes of that.</summary>
    /// <param name="host">Where clients reach the server: a name, an address, an IPv6 address in brackets.</param>
    /// <exception cref="InvalidOperationException">There are as many as may be at once.</exception>
    internal Invite MakeInvite(string host, ushort port, string? peerName, TimeSpan life, int maxUses, EnrollmentTime now, out ShownSecret link)
    {
        var fingerprint = Credential.Fingerprint(_registry.State.Identity.PublicKey);
        // A host that is none is refused before anything is made.
        new InviteLink(host, port, stackalloc byte[Credential.SecretSize], fingerprint, now.Wall).Dispose();
        var invite = _registry.MakeInvite(peerName, now.Wall + life, maxUses, now.Wall);
        using var whole = new InviteLink(host, port, invite.Secret, fingerprint, invite.Expires);
        link = whole.ToLink();
        _audit(new EnrollmentEvent(EnrollmentEventKind.InviteMade, now.Wall) { Name = peerName, InviteId = invite.Id });
        return invite;
    }

    internal bool RevokeInvite(ulong id, EnrollmentTime now)
    {
        if (!_registry.RevokeInvite(id))
            return false;
        _audit(new EnrollmentEvent(EnrollmentEventKind.InviteRevoked, now.Wall) { InviteId = id });
        return true;
    }

    /// <summary>Takes a peer out, and invitations that it has used; its address is free again. False when it is not in.</summary>
    internal bool RevokePeer(in PublicKey key, EnrollmentTime now)
    {
        var name = _registry.State.Peers.GetValueOrDefault(key)?.Name;
        // What it was granted is not said again, stored or not.
        _sessions.RemoveDecided(key);
        if (!_registry.Revoke(key, out var ended))
            return false;
        _leases.Forget(key);
        _audit(new EnrollmentEvent(EnrollmentEventKind.PeerRevoked, now.Wall) { Peer = key, Name = name });
        foreach (var id in ended)
            _audit(new EnrollmentEvent(EnrollmentEventKind.InviteRevoked, now.Wall) { InviteId = id });
        return true;
    }

    /// <summary>Stores the end of those that were revoked when it could not be.</summary>
    /// <exception cref="IOException">It cannot be yet.</exception>
    internal void RevokeLeaving(EnrollmentTime now)
    {
        foreach (var key in _registry.Leaving.ToList())
            _ = RevokePeer(key, now);
    }

    /// <summary>Takes out peers whose lease has ended for good.</summary>
    /// <exception cref="IOException">It could not be stored; they are of <see cref="EnrollmentRegistry.Leaving"/>.</exception>
    internal void ExpireLeases(EnrollmentTime now)
    {
        _leases.Look(now);
        while (_registry.ExpireLeases(peer => _leases.IsOverForGood(peer, now)) is { Count: > 0 } keys)
        {
            foreach (var key in keys)
            {
                _leases.Forget(key);
                _audit(new EnrollmentEvent(EnrollmentEventKind.LeaseExpired, now.Wall) { Peer = key });
            }
        }

        if (_leases.WasSet(now))
        {
            _registry.MoveLeases(peer => _leases.Corrected(peer, now));
            _leases.Stored();
        }
    }

    /// <summary>Whether a peer's time is over as far as the clocks tell now: it is out, though perhaps not for good. <see cref="ExpireLeases"/> comes before.</summary>
    internal bool IsLapsed(EnrolledPeer peer, EnrollmentTime now) => _leases.IsOver(peer, now);

    private void Close(WindowClosing why, EnrollmentTime now)
    {
        var window = Window!;
        Window = null;
        foreach (var session in WaitingSessions().Where(session => ReferenceEquals(session.Window, window)).ToList())
            Refuse(session, why == WindowClosing.EnoughPeers ? GrantRefusal.EnoughPeers : GrantRefusal.Closed, now);
        window.Dispose();
        _audit(new EnrollmentEvent(EnrollmentEventKind.WindowClosed, now.Wall) { Closing = why, Guesses = window.WrongGuesses });
    }

    // A client that began anew waits twice; the last run is the one that it listens to.
    private ServerSession? TakeWaiting(PublicKey key, EnrollmentTime now)
    {
        Tick(now);
        var sessions = WaitingSessions().Where(session => session.Client == key).OrderByDescending(session => session.Expires).ToList();
        foreach (var older in sessions.Skip(1))
            Refuse(older, GrantRefusal.Closed, now);
        return sessions.FirstOrDefault();
    }

    private IEnumerable<ServerSession> WaitingSessions() => _sessions.All.Where(session => session.State == SessionState.Waiting);
}
