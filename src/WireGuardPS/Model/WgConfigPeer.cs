using System.Security;

namespace WireGuard;

/// <summary>A peer of a <see cref="WgConfig"/>. What is null or empty is not written.</summary>
public sealed class WgConfigPeer
{
    /// <summary>Friendly name, written as a comment above the section.</summary>
    public string? Name { get; set; }

    /// <summary>Base64.</summary>
    public string PublicKey { get; set; } = "";

    /// <summary>44 characters of base64.</summary>
    public SecureString? PresharedKey { get; set; }

    /// <summary>True also for a tunnel's peer whose key was not asked for.</summary>
    public bool HasPresharedKey => PresharedKey is not null || IsPresharedKeyHidden;

    /// <summary>CIDR form.</summary>
    public string[] AllowedIPs { get; set; } = [];

    /// <summary>HOST:PORT, ADDRESS:PORT or [IPV6]:PORT.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Seconds; 0: "off".</summary>
    public ushort? PersistentKeepalive { get; set; }

    // There is one, but the tunnel was not asked for it.
    internal bool IsPresharedKeyHidden { get; init; }

    /// <summary>The friendly name, else the public key.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? PublicKey : Name;
}
