namespace WireGuard;

/// <summary>Whether an enrollment server takes a code now. Words, because ConvertTo-Json writes an enumeration's members as numbers.</summary>
public static class WgEnrollmentState
{
    /// <summary>A window is open.</summary>
    public const string Open = "Open";

    /// <summary>None is; invitations are taken all the same.</summary>
    public const string Closed = "Closed";
}

/// <summary>The enrollment server of a tunnel as it was when it was asked.</summary>
public sealed class WgEnrollment
{
    public required string Tunnel { get; init; }

    /// <summary>A member of <see cref="WgEnrollmentState"/>.</summary>
    public string State => Window is null ? WgEnrollmentState.Closed : WgEnrollmentState.Open;

    /// <summary>Base64; the key that clients come to know.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Of that key, in hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>HOST:PORT where clients reach it, if the start was told.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Null: none is open. Its code is told to Open-WgEnrollment alone.</summary>
    public WgEnrollmentWindow? Window { get; init; }

    /// <summary>Clients that have the code and wait for Approve-WgEnrollment or Deny-WgEnrollment.</summary>
    public WgWaitingPeer[] Waiting { get; init; } = [];

    public WgEnrollmentPool[] Pools { get; init; } = [];

    /// <summary>In the order in which they joined.</summary>
    public WgEnrolledPeer[] Peers { get; init; } = [];

    /// <summary>Those that have not expired.</summary>
    public WgInvite[] Invites { get; init; } = [];

    /// <summary>By the lowest address.</summary>
    public WgReservation[] Reservations { get; init; } = [];

    /// <summary>The tunnel's name.</summary>
    public override string ToString() => Tunnel;
}
