namespace WireGuard.Api;

/// <summary>Kinds of <see cref="EngineEvent"/> that tell of enrollments. Every attempt is one; none holds a secret.</summary>
public static class EnrollmentEvents
{
    public const string WindowOpened = "enrollment.window-opened";

    /// <summary>Detail: one of "on-demand", "time-over", "wrong-guesses", "enough-peers", "opener-gone".</summary>
    public const string WindowClosed = "enrollment.window-closed";

    /// <summary>Somebody who receives at its address began a run.</summary>
    public const string Started = "enrollment.started";

    /// <summary>With the guesses that are left.</summary>
    public const string WrongGuess = "enrollment.wrong-guess";

    public const string Waiting = "enrollment.waiting";

    public const string Approved = "enrollment.approved";

    public const string Denied = "enrollment.denied";

    /// <summary>Detail: its addresses.</summary>
    public const string Granted = "enrollment.granted";

    /// <summary>Detail: one of "pool-exhausted", "denied", "closed", "enough-peers", "invite-used-up", "not-stored".</summary>
    public const string Refused = "enrollment.refused";

    public const string InviteMade = "enrollment.invite-made";

    public const string InviteRevoked = "enrollment.invite-revoked";

    public const string PeerRevoked = "enrollment.peer-revoked";

    /// <summary>Detail: "lapsed" where the peer is out by a clock that is not relied on yet; it comes again without when it is let go for good.</summary>
    public const string LeaseExpired = "enrollment.lease-expired";

    public static IReadOnlyList<string> All { get; } =
    [
        WindowOpened, WindowClosed, Started, WrongGuess, Waiting, Approved, Denied, Granted, Refused, InviteMade, InviteRevoked, PeerRevoked, LeaseExpired,
    ];
}
