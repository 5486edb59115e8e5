using System.Security;

namespace WireGuard;

/// <summary>A preshared key, which both ends of a peering must have. Off Windows a SecureString hides its text but does not encrypt it.</summary>
public sealed class WgPresharedKey
{
    /// <summary>44 characters of base64.</summary>
    public required SecureString PresharedKey { get; init; }

    /// <summary>"(hidden)".</summary>
    public override string ToString() => "(hidden)";
}
