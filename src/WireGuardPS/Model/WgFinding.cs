namespace WireGuard;

/// <summary>Something that keeps a tunnel from working, or might.</summary>
public sealed class WgFinding
{
    public required string Tunnel { get; init; }

    /// <summary>"Error" or "Warning"; with an error Test-WgTunnel says no.</summary>
    public required string Severity { get; init; }

    /// <summary>Stable name of the problem, for scripts, as "NoReply".</summary>
    public required string Id { get; init; }

    /// <summary>Public key of the peer that it is about; null: the tunnel itself.</summary>
    public string? Peer { get; init; }

    /// <summary>The peer's friendly name, if it has one.</summary>
    public string? PeerName { get; init; }

    public required string Message { get; init; }

    /// <summary>What to do.</summary>
    public required string RecommendedAction { get; init; }

    /// <summary>The tunnel, or the peer by its name or key.</summary>
    public string Target => PeerName ?? Peer ?? Tunnel;

    public override string ToString() => $"{Target}: {Severity} {Id}: {Message}";
}
