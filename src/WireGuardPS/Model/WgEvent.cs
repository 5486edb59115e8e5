namespace WireGuard;

/// <summary>Kinds of <see cref="WgEvent"/>. Words, because ConvertTo-Json writes an enumeration's members as numbers.</summary>
public static class WgEventKind
{
    /// <summary>A handshake with the peer was completed.</summary>
    public const string Handshake = "Handshake";

    /// <summary>The first handshake after none within 180 seconds.</summary>
    public const string PeerOnline = "PeerOnline";

    /// <summary>180 seconds went by since the peer's last handshake.</summary>
    public const string PeerOffline = "PeerOffline";

    public const string PeerAdded = "PeerAdded";

    public const string PeerRemoved = "PeerRemoved";

    /// <summary>The peer answers from another address.</summary>
    public const string EndpointMoved = "EndpointMoved";

    /// <summary>The link went up.</summary>
    public const string TunnelUp = "TunnelUp";

    /// <summary>The link went down.</summary>
    public const string TunnelDown = "TunnelDown";

    /// <summary>The engine has ended, or closed the connection.</summary>
    public const string TunnelStopped = "TunnelStopped";

    public const string Error = "Error";

    /// <summary>Hosts can join by a code now.</summary>
    public const string WindowOpened = "WindowOpened";

    /// <summary>They cannot any more; why is in the detail.</summary>
    public const string WindowClosed = "WindowClosed";

    /// <summary>Somebody who receives at its address began to join, by a code or an invitation.</summary>
    public const string JoinStarted = "JoinStarted";

    /// <summary>With the guesses that are left.</summary>
    public const string WrongCode = "WrongCode";

    /// <summary>A host has the code and waits until somebody approves.</summary>
    public const string JoinWaiting = "JoinWaiting";

    public const string JoinApproved = "JoinApproved";

    public const string JoinDenied = "JoinDenied";

    /// <summary>A host is in; its addresses are in the detail.</summary>
    public const string Joined = "Joined";

    /// <summary>A host that has the code or an invitation is not let in; why is in the detail.</summary>
    public const string JoinRefused = "JoinRefused";

    public const string InviteMade = "InviteMade";

    public const string InviteRevoked = "InviteRevoked";

    /// <summary>A peer was taken out for good.</summary>
    public const string PeerRevoked = "PeerRevoked";

    /// <summary>A peer is out because its time is over.</summary>
    public const string LeaseExpired = "LeaseExpired";
}

/// <summary>Something that happened to a tunnel or one of its peers.</summary>
public sealed class WgEvent
{
    public required DateTimeOffset Time { get; init; }

    public required string Tunnel { get; init; }

    /// <summary>A member of <see cref="WgEventKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The peer's, base64; null: it is about the tunnel.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The peer's friendly name, if it has one.</summary>
    public string? PeerName { get; init; }

    /// <summary>The address that a peer has moved to; what went wrong; of joins, what <see cref="WgEventKind"/> says, or else where it came from.</summary>
    public string? Detail { get; init; }

    /// <summary>Where who joins, or tries to, came from: IP:PORT.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The invitation that was made, revoked or used; null: it was by a code, or is about neither.</summary>
    public string? InviteId { get; init; }

    /// <summary>Of a wrong code: how many more close the window.</summary>
    public int? GuessesLeft { get; init; }

    /// <summary>The tunnel, or the peer by its name or key.</summary>
    public string Target => PeerName ?? PublicKey ?? Tunnel;

    public override string ToString() => $"{Target}: {Kind} {Detail}".TrimEnd();
}
