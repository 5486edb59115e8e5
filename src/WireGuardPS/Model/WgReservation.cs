namespace WireGuard;

/// <summary>Addresses of a tunnel that others join which are kept for a peer.</summary>
public sealed class WgReservation
{
    public required string Tunnel { get; init; }

    /// <summary>Whoever comes first by this name gets them; null: they are for a key.</summary>
    public string? PeerName { get; init; }

    /// <summary>Base64; null: they are for a name.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Without lengths; IPv4 first.</summary>
    public string[] Addresses { get; init; } = [];

    /// <summary>Public key of the peer that has joined and has such an address; null: nobody has yet.</summary>
    public string? HeldBy { get; init; }

    /// <summary>The name, else the public key.</summary>
    public override string ToString() => PeerName ?? PublicKey ?? "";
}
