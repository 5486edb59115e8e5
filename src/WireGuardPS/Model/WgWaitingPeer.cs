namespace WireGuard;

/// <summary>A client that has the code and waits for somebody to let it in.</summary>
public sealed class WgWaitingPeer
{
    public required string Tunnel { get; init; }

    /// <summary>What it calls itself; nobody vouches for it.</summary>
    public string? Name { get; init; }

    /// <summary>Base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Of its key, in hexadecimal; the client shows the same.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The name, else the fingerprint.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? Fingerprint : Name;
}
