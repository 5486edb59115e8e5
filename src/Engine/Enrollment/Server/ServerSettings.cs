using System.Net;

namespace WireGuard.Engine.Enrollment;

/// <summary>What every client is told besides its addresses.</summary>
internal sealed record ServerSettings
{
    /// <summary>None: the pool's prefixes.</summary>
    internal IReadOnlyList<PrefixedAddress> AllowedIPs { get; init; } = [];

    internal IReadOnlyList<IPAddress> Dns { get; init; } = [];

    internal ushort? Mtu { get; init; }

    internal ushort? Keepalive { get; init; }

    /// <summary>Null: until revoked.</summary>
    internal TimeSpan? Lease { get; init; }
}

/// <summary>How a window is to be.</summary>
internal sealed record WindowOptions
{
    internal static TimeSpan MinDuration { get; } = TimeSpan.FromSeconds(10);

    internal static TimeSpan MaxDuration { get; } = TimeSpan.FromHours(1);

    internal TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    internal int Digits { get; init; } = Credential.MinDigits;

    /// <summary>Whether a person looks at each client's name and key first.</summary>
    internal bool NeedsApproval { get; init; }

    /// <summary>Null: as many as come.</summary>
    internal int? MaxPeers { get; init; }
}
