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

    /// <summary>The address that a peer has moved to; what went wrong.</summary>
    public string? Detail { get; init; }

    /// <summary>The tunnel, or the peer by its name or key.</summary>
    public string Target => PeerName ?? PublicKey ?? Tunnel;

    public override string ToString() => $"{Target}: {Kind} {Detail}".TrimEnd();
}
