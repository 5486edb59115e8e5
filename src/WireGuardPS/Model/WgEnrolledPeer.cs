namespace WireGuard;

/// <summary>A peer that has joined by a code or an invitation.</summary>
public sealed class WgEnrolledPeer
{
    public required string Tunnel { get; init; }

    /// <summary>Null: it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>ADDRESS/LENGTH, the length of the pool.</summary>
    public string[] Addresses { get; init; } = [];

    public DateTimeOffset JoinedAt { get; init; }

    /// <summary>Null: until it is revoked.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }

    /// <summary>Null: it came by a code.</summary>
    public string? InviteId { get; init; }

    /// <summary>The name, else the public key.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? PublicKey : Name;
}
