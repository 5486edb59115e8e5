namespace WireGuard.Api;

/// <summary>How tunnel.sync takes what is not in the request.</summary>
public static class SyncModes
{
    /// <summary>What is not there goes; whatever stays keeps its session.</summary>
    public const string Sync = "sync";

    /// <summary>As sync, but every peer begins anew, as if the tunnel had been started with it.</summary>
    public const string Replace = "replace";

    /// <summary>Nothing goes; peers, allowed IPs, addresses and name servers are added.</summary>
    public const string Append = "append";

    /// <summary>Only members that are there change something; lists take the place of lists.</summary>
    public const string Set = "set";

    public static IReadOnlyList<string> All { get; } = [Sync, Replace, Append, Set];
}

/// <summary>tunnel.sync: what a running tunnel is to be. The request owns its keys.</summary>
public sealed record SyncRequest : IDisposable
{
    /// <summary>One of <see cref="SyncModes"/>.</summary>
    public required string Mode { get; init; }

    /// <summary>Nothing is changed; the answer is what would be.</summary>
    public bool DryRun { get; init; }

    /// <summary>Null: the running one stays, whatever the mode.</summary>
    public SecretKey? PrivateKey { get; init; }

    /// <summary>Null: the running one stays, whatever the mode.</summary>
    public int? ListenPort { get; init; }

    /// <summary>0: none.</summary>
    public uint? FwMark { get; init; }

    /// <summary>ADDRESS/LENGTH.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>Name servers and search domains.</summary>
    public IReadOnlyList<string>? Dns { get; init; }

    /// <summary>Bytes; 0: found from the ways to the endpoints.</summary>
    public int? Mtu { get; init; }

    /// <summary>auto, off or a number; it cannot be changed, and is here to be told of when it differs.</summary>
    public string? Table { get; init; }

    /// <summary>Not with mode set.</summary>
    public IReadOnlyList<PeerChangeRequest>? Peers { get; init; }

    public sealed override string ToString() => $"{nameof(SyncRequest)} {Mode}";

    public void Dispose()
    {
        PrivateKey?.Dispose();
        foreach (var peer in Peers ?? [])
            peer?.PresharedKey?.Dispose();
    }
}

/// <param name="Changes">In the order: interface, peers, routes. Empty: all was so already.</param>
public sealed record SyncResult(IReadOnlyList<TunnelDifference> Changes);

/// <summary>One difference between what a tunnel was and what it is, or would be.</summary>
/// <param name="Kind">"added", "removed" or "changed".</param>
/// <param name="Property">
/// Of the tunnel: "PrivateKey", "ListenPort", "FwMark", "Address", "Dns", "Mtu", "Route"; of a peer: "Peer", "Name",
/// "PresharedKey", "Endpoint", "PersistentKeepalive", "AllowedIP".
/// </param>
public sealed record TunnelDifference(string Kind, string Property)
{
    public const string Added = "added";

    public const string Removed = "removed";

    public const string Changed = "changed";

    /// <summary>Base64; null when it is not about a peer.</summary>
    public string? Peer { get; init; }

    public string? PeerName { get; init; }

    /// <summary>Null for what was added, and for keys, which are never told.</summary>
    public string? From { get; init; }

    /// <summary>Null for what was removed, and for keys.</summary>
    public string? To { get; init; }
}
