using System.Security;

namespace WireGuard;

/// <summary>An invitation, as it was when it was made or asked for.</summary>
public sealed class WgInvite
{
    public required string Tunnel { get; init; }

    /// <summary>16 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name that whoever comes by it gets; null: its own.</summary>
    public string? PeerName { get; init; }

    /// <summary>wg-enroll://HOST:PORT/...; only from New-WgInvite, else null. Whoever reads it can join.</summary>
    public SecureString? Link { get; init; }

    public int UsesLeft { get; init; }

    public int MaxUses { get; init; }

    public DateTimeOffset Expires { get; init; }

    /// <summary>The id; never the link.</summary>
    public override string ToString() => Id;
}
