using System.Security;

namespace WireGuard;

/// <summary>A peer as it was when its tunnel was asked.</summary>
public sealed class WgPeer
{
    /// <summary>A session is refused 180 s after its handshake (whitepaper, section 6.1: Reject-After-Time).</summary>
    internal static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(180);

    /// <summary>Name of the tunnel that it belongs to.</summary>
    public required string Tunnel { get; init; }

    /// <summary>Friendly name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Only with -IncludeSecret, else null; <see cref="HasPresharedKey"/> tells whether there is one.</summary>
    public SecureString? PresharedKey { get; init; }

    public bool HasPresharedKey { get; init; }

    /// <summary>ADDRESS:PORT, IPv6 addresses in brackets; null when unknown.</summary>
    public string? Endpoint { get; init; }

    /// <summary>CIDR form.</summary>
    public string[] AllowedIPs { get; init; } = [];

    /// <summary>Null until the first handshake. Compare <see cref="HandshakeAge"/> instead: PowerShell puts $null before every date.</summary>
    public DateTimeOffset? LastHandshake { get; init; }

    /// <summary>
    /// Time from the last handshake to this snapshot; TimeSpan.MaxValue when there was none, so that "older than"
    /// finds such a peer and "younger than" does not.
    /// </summary>
    public TimeSpan HandshakeAge { get; init; } = TimeSpan.MaxValue;

    /// <summary>True when there is no session to speak of: no handshake within the last 180 seconds.</summary>
    public bool IsStale => HandshakeAge > StaleAfter;

    /// <summary>Bytes received.</summary>
    public ulong RxBytes { get; init; }

    /// <summary>Bytes sent.</summary>
    public ulong TxBytes { get; init; }

    /// <summary>Bytes received in a second, over -SampleInterval of Get-WgPeer; null without it, and for a peer that began anew meanwhile.</summary>
    public double? RxRate { get; init; }

    /// <summary>Bytes sent in a second.</summary>
    public double? TxRate { get; init; }

    /// <summary>Seconds; 0: off.</summary>
    public int PersistentKeepalive { get; init; }

    /// <summary>The friendly name, else the public key.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? PublicKey : Name;
}
