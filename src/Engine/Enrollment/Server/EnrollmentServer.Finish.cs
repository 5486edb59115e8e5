using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Packets;

namespace WireGuard.Engine.Enrollment;

/// <summary>Judging who has the code, and what they get.</summary>
internal sealed partial class EnrollmentServer
{
    private const int MaxDamaged = 8;

    private int TakeFinish(ReadOnlySpan<byte> finish, in UdpEndpoint from, EnrollmentTime now, Span<byte> reply)
    {
        if (_sessions.Find(SessionId.Of(finish)) is not { } session || session.Kind != EnrollmentFormat.CredentialOf(finish) || now.Monotonic >= session.Expires)
            return 0;
        if (session.State == SessionState.Shared)
            Judge(session, finish, from, now);
        if (session.State == SessionState.Shared || (session.State != SessionState.Dead && !session.WasFinishedBy(finish)))
            return 0;
        session.Reply.CopyTo(reply);
        return session.Reply.Length;
    }

    private void Judge(ServerSession session, ReadOnlySpan<byte> finish, in UdpEndpoint from, EnrollmentTime now)
    {
        if (!IsStillGood(session))
        {
            Kill(session, RefusalReason.Closed, now);
            return;
        }

        var keys = session.Keys.Clone();
        Span<byte> bytes = stackalloc byte[EnrollmentFormat.Finish.PayloadSize];
        if (!FinishMessage.IsConfirmed(finish, keys))
        {
            keys.Dispose();
            if (session.Window is { } window)
                CountGuess(session, window, from, now);
            else
                CountDamage(session, now);
            return;
        }

        if (!FinishMessage.TryOpen(finish, keys, session.Own, out var client, bytes)
            || FinishPayload.Read(bytes) is not { } payload
            || client == _registry.State.Identity.PublicKey)
        {
            keys.Dispose();
            CountDamage(session, now);
            return;
        }

        session.Keys.Dispose();
        session.Keys = keys;
        session.Client = client;
        session.Name = payload.Name;
        session.RememberFinish(finish);
        session.Reply = new byte[EnrollmentFormat.GrantSize];
        EnrollmentFormat.Begin(session.Reply, EnrollmentMessage.Grant, session.Kind);
        EnrollmentFormat.SessionOf(finish).CopyTo(session.Reply.AsSpan(EnrollmentFormat.ClientNonce));
        if (!GrantMessage.TryWriteHead(session.Reply, keys, _registry.State.Identity, session.ClientEphemeral))
            Kill(session, RefusalReason.Closed, now);
        else if (session.Window is { NeedsApproval: true })
            Wait(session, now);
        else
            Decide(session, now);
        _sessions.TrimFinished();
    }

    // Those that wait are not of a window that has closed: closing has refused them.
    private bool IsStillGood(ServerSession session) => session.Window is { } window
        ? ReferenceEquals(window, Window)
        : _registry.State.Invites.ContainsKey(session.Invite!.Id);

    private void CountGuess(ServerSession session, EnrollmentWindow window, in UdpEndpoint from, EnrollmentTime now)
    {
        Kill(session, RefusalReason.WrongCode, now);
        window.WrongGuesses++;
        _audit(new EnrollmentEvent(EnrollmentEventKind.WrongGuess, now.Wall) { From = from, Guesses = window.WrongGuesses });
        if (window.WrongGuesses >= EnrollmentWindow.MaxWrongGuesses)
            Close(WindowClosing.WrongGuesses, now);
    }

    private void CountDamage(ServerSession session, EnrollmentTime now)
    {
        if (++session.Damaged >= MaxDamaged)
            Kill(session, RefusalReason.Closed, now);
    }

    private void Kill(ServerSession session, RefusalReason reason, EnrollmentTime now)
    {
        session.State = SessionState.Dead;
        session.Expires = now.Monotonic + DeadTime;
        session.Reply = new byte[EnrollmentFormat.RefusalSize];
        EnrollmentFormat.Begin(session.Reply, EnrollmentMessage.Refusal, session.Kind);
        EnrollmentFormat.SessionOf(session.ServerShare).CopyTo(session.Reply.AsSpan(EnrollmentFormat.ClientNonce));
        session.Reply[EnrollmentFormat.Refusal.Reason] = (byte)reason;
        session.Dispose();
    }

    private void Wait(ServerSession session, EnrollmentTime now)
    {
        Span<byte> bytes = stackalloc byte[EnrollmentFormat.Grant.PayloadSize];
        new GrantPayload { Status = GrantStatus.Waiting }.Write(bytes);
        GrantMessage.WritePayload(session.Reply, session.Keys, GrantMessage.Waiting, bytes);
        session.State = SessionState.Waiting;
        session.Expires = now.Monotonic + ApprovalTime;
        Tell(EnrollmentEventKind.Waiting, now, session);
    }

    private void Decide(ServerSession session, EnrollmentTime now)
    {
        if (session.Window is { HasEnough: true } full && !full.Joined.Contains(session.Client))
        {
            Refuse(session, GrantRefusal.EnoughPeers, now);
            return;
        }

        Span<byte> psk = stackalloc byte[SecretKey.Size];
        session.Keys.DerivePresharedKey(psk);
        var presharedKey = new SecretKey(psk);
        CryptographicOperations.ZeroMemory(psk);
        var isLapsed = _registry.State.Peers.TryGetValue(session.Client, out var known) && _leases.IsOver(known, now);
        var outcome = _registry.Enroll(session.Client, session.Name, presharedKey, session.Invite?.Id, _settings.Lease, now.Wall, isLapsed);
        if (outcome.Peer is not { } peer)
        {
            presharedKey.Dispose();
            Refuse(session, outcome.Refusal, now);
            return;
        }

        if (!outcome.IsRepeated)
            _leases.Granted(peer.Key, _settings.Lease, now);
        var isKnown = !ReferenceEquals(peer.PresharedKey, presharedKey);
        if (isKnown)
            presharedKey.Dispose();
        Answer(session, GrantOf(peer, _leases.Left(peer, now)) with { PresharedKey = isKnown ? peer.PresharedKey : null }, now);
        session.Name = peer.Name;
        Tell(EnrollmentEventKind.Granted, now, session);
        if (session.Window is { } window && window.Joined.Add(session.Client) && window.HasEnough && ReferenceEquals(window, Window))
            Close(WindowClosing.EnoughPeers, now);
    }

    private void Refuse(ServerSession session, GrantRefusal refusal, EnrollmentTime now)
    {
        Answer(session, new GrantPayload { Status = GrantStatus.Refused, Refusal = refusal }, now);
        Tell(EnrollmentEventKind.Refused, now, session, refusal);
    }

    // The last word: what is needed to say another is zeroed.
    private void Answer(ServerSession session, GrantPayload payload, EnrollmentTime now)
    {
        Span<byte> bytes = stackalloc byte[EnrollmentFormat.Grant.PayloadSize];
        payload.Write(bytes);
        GrantMessage.WritePayload(session.Reply, session.Keys, GrantMessage.Decided, bytes);
        CryptographicOperations.ZeroMemory(bytes);
        session.State = SessionState.Decided;
        session.Expires = now.Monotonic + RepeatTime;
        session.Dispose();
    }

    private GrantPayload GrantOf(EnrolledPeer peer, TimeSpan? lease) => new()
    {
        Status = GrantStatus.Granted,
        Name = peer.Name,
        Addresses = peer.Addresses,
        AllowedIPs = _settings.AllowedIPs.Count > 0
            ? _settings.AllowedIPs
            : [.. _registry.Pool.Prefixes.Select(prefix => new PrefixedAddress(prefix.BaseAddress, prefix.PrefixLength))],
        Dns = _settings.Dns,
        Mtu = _settings.Mtu,
        Keepalive = _settings.Keepalive,
        LeaseSeconds = lease is { } left ? (uint)Math.Clamp(Math.Ceiling(left.TotalSeconds), 1, uint.MaxValue) : null,
    };

    private void Tell(EnrollmentEventKind kind, EnrollmentTime now, ServerSession session, GrantRefusal refusal = GrantRefusal.None) =>
        _audit(new EnrollmentEvent(kind, now.Wall)
        {
            From = session.From,
            Peer = session.Client.IsZero ? null : session.Client,
            Name = session.Name,
            InviteId = session.Invite?.Id,
            Refusal = refusal,
        });
}
