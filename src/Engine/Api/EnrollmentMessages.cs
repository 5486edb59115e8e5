namespace WireGuard.Api;

/// <summary>enrollment.open: how a window is to be. What is null takes its default.</summary>
public sealed record EnrollmentOpenRequest
{
    /// <summary>10 to 3600; 60.</summary>
    public int? Seconds { get; init; }

    /// <summary>The window closes when so many have joined; none: as many as come.</summary>
    public int? MaxPeers { get; init; }

    /// <summary>Whether somebody looks at each client's name and key, and approves or denies.</summary>
    public bool Approve { get; init; }

    /// <summary>Digits of the code, 6 to 8; 6.</summary>
    public int? CodeLength { get; init; }

    /// <summary>Whether the window closes when the connection ends by which it was asked for.</summary>
    public bool ClosesWithConnection { get; init; }
}

/// <summary>A window that is open now. Whoever reads the code can join.</summary>
public sealed record EnrollmentOpened : IDisposable
{
    /// <summary>Digits alone.</summary>
    public required ShownSecret Code { get; init; }

    public required int Seconds { get; init; }

    /// <summary>By the wall clock as it is now; the window itself does not follow that.</summary>
    public required DateTimeOffset ClosesAt { get; init; }

    public void Dispose() => Code.Dispose();
}

/// <param name="WasOpen">False: there was nothing to close.</param>
public sealed record EnrollmentClosed(bool WasOpen);

/// <summary>The enrollment server of a tunnel at one instant.</summary>
public sealed record EnrollmentStatus
{
    /// <summary>Base64; the key that clients come to know.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Of that key, in hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>HOST:PORT where clients reach it, if that was told at the start.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Null: none is open.</summary>
    public EnrollmentWindowInfo? Window { get; init; }

    /// <summary>Clients that have the code and wait for a person.</summary>
    public IReadOnlyList<WaitingPeerInfo> Waiting { get; init; } = [];

    public IReadOnlyList<EnrollmentPoolInfo> Pools { get; init; } = [];

    /// <summary>In the order in which they joined.</summary>
    public IReadOnlyList<EnrolledPeerInfo> Peers { get; init; } = [];

    /// <summary>Those that have not expired.</summary>
    public IReadOnlyList<EnrollmentInviteInfo> Invites { get; init; } = [];

    /// <summary>By the lowest address.</summary>
    public IReadOnlyList<EnrollmentReservationInfo> Reservations { get; init; } = [];
}

public sealed record EnrollmentWindowInfo
{
    /// <summary>As of <see cref="EnrollmentOpened.ClosesAt"/>.</summary>
    public required DateTimeOffset ClosesAt { get; init; }

    public required double RemainingSeconds { get; init; }

    /// <summary>Wrong guesses that it still takes; the last one closes it.</summary>
    public required int GuessesLeft { get; init; }

    public int? MaxPeers { get; init; }

    public bool Approve { get; init; }

    public IReadOnlyList<EnrolledPeerInfo> Joined { get; init; } = [];
}

public sealed record WaitingPeerInfo
{
    /// <summary>What it calls itself; nobody vouches for it.</summary>
    public string? Name { get; init; }

    public required string PublicKey { get; init; }

    /// <summary>Of its key, in hexadecimal; the client shows the same.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Endpoint { get; init; }
}

public sealed record EnrollmentPoolInfo
{
    public required string Prefix { get; init; }

    /// <summary>The server's address in it.</summary>
    public required string Server { get; init; }

    /// <summary>Addresses that are given or reserved, the server's own included.</summary>
    public required long Taken { get; init; }

    /// <summary>Those that are left; of a very large prefix the largest number that there is.</summary>
    public required long Free { get; init; }
}

public sealed record EnrolledPeerInfo
{
    public required string PublicKey { get; init; }

    public string? Name { get; init; }

    /// <summary>ADDRESS/LENGTH, the length of the pool.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>Null: until it is revoked.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }

    /// <summary>Null: by a code.</summary>
    public string? InviteId { get; init; }
}

public sealed record EnrollmentInviteInfo
{
    /// <summary>16 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name that whoever comes by it gets; null: its own.</summary>
    public string? PeerName { get; init; }

    public required int UsesLeft { get; init; }

    public required int MaxUses { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

/// <summary>enrollment.approve, enrollment.deny.</summary>
public sealed record EnrollmentClientChoice
{
    /// <summary>Of a client that waits: its public key, its fingerprint (with or without what groups it), or its name if no other has it.</summary>
    public required string Client { get; init; }
}

/// <summary>enrollment.invite. What is null takes its default.</summary>
public sealed record EnrollmentInviteRequest
{
    /// <inheritdoc cref="EnrollmentInviteInfo.PeerName"/>
    public string? PeerName { get; init; }

    /// <summary>60 to 31,536,000; a day.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>1 to 10,000; 1.</summary>
    public int? MaxUses { get; init; }

    /// <summary>HOST or HOST:PORT where clients reach the server; the one of the start.</summary>
    public string? Endpoint { get; init; }
}

/// <summary>An invitation that was made. Whoever reads the link can use it; it is not told again.</summary>
public sealed record EnrollmentInvite : IDisposable
{
    public required string Id { get; init; }

    /// <summary>wg-enroll://HOST:PORT/...</summary>
    public required ShownSecret Link { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public required int MaxUses { get; init; }

    public string? PeerName { get; init; }

    public void Dispose() => Link.Dispose();
}

public sealed record EnrollmentInviteId
{
    /// <summary>As of <see cref="EnrollmentInviteInfo.Id"/>.</summary>
    public required string Id { get; init; }
}
