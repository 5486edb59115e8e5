namespace WireGuard;

/// <summary>One difference between what a tunnel was and what it is now, or with -WhatIf would be. Never holds a secret.</summary>
public sealed class WgChange
{
    public required string Tunnel { get; init; }

    /// <summary>For scripts that ask. What was so already is not emitted at all.</summary>
    public bool Changed { get; init; } = true;

    /// <summary>"Added", "Removed" or "Changed".</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// What it is: PrivateKey, ListenPort, FwMark, Address, Dns, Mtu or Route of the tunnel; Peer, Name, PresharedKey,
    /// Endpoint, PersistentKeepalive or AllowedIP of a peer; Unit, Options, Enabled, Running or KillSwitch of a service.
    /// </summary>
    public required string Property { get; init; }

    /// <summary>Public key of the peer that has changed; null: the tunnel itself.</summary>
    public string? Peer { get; init; }

    /// <summary>The peer's friendly name, if it has one.</summary>
    public string? PeerName { get; init; }

    /// <summary>Null for what was added, and for keys.</summary>
    public string? From { get; init; }

    /// <summary>Null for what was removed, and for keys.</summary>
    public string? To { get; init; }

    /// <summary>The tunnel, or the peer by its name or key.</summary>
    public string Target => PeerName ?? Peer ?? Tunnel;

    /// <summary>As `wireguard-engine sync` writes it, without its sign.</summary>
    public override string ToString() => $"{Target}: {Kind} {Property} {From}{(From is not null && To is not null ? " -> " : "")}{To}".TrimEnd();
}
