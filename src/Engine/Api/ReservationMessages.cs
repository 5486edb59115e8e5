namespace WireGuard.Api;

/// <summary>enrollment.reserve. One of peerName and publicKey.</summary>
public sealed record EnrollmentReservationRequest
{
    /// <inheritdoc cref="EnrollmentReservationInfo.PeerName"/>
    public string? PeerName { get; init; }

    /// <inheritdoc cref="EnrollmentReservationInfo.PublicKey"/>
    public string? PublicKey { get; init; }

    /// <summary>One of a prefix at most; none: of each prefix the one that it has, else the lowest that is free.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }
}

/// <summary>enrollment.unreserve. One of the three.</summary>
public sealed record EnrollmentReservationChoice
{
    /// <inheritdoc cref="EnrollmentReservationInfo.PeerName"/>
    public string? PeerName { get; init; }

    /// <inheritdoc cref="EnrollmentReservationInfo.PublicKey"/>
    public string? PublicKey { get; init; }

    /// <summary>This one alone.</summary>
    public string? Address { get; init; }
}

/// <summary>Addresses that are kept for somebody.</summary>
public sealed record EnrollmentReservationInfo
{
    /// <summary>Whoever comes first by this name gets them; null: it is for a key.</summary>
    public string? PeerName { get; init; }

    /// <summary>Base64; null: it is for a name.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Without lengths; IPv4 first.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The public key of the peer that has joined and has such an address; null: nobody has yet.</summary>
    public string? HeldBy { get; init; }
}
