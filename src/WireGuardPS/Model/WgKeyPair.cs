using System.Security;

namespace WireGuard;

/// <summary>A Curve25519 key pair. Off Windows a SecureString hides its text but does not encrypt it.</summary>
public sealed class WgKeyPair
{
    /// <summary>44 characters of base64.</summary>
    public required SecureString PrivateKey { get; init; }

    /// <summary>44 characters of base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The public key; never the private one.</summary>
    public override string ToString() => PublicKey;
}
