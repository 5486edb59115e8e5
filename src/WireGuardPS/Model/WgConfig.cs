using System.Security;

namespace WireGuard;

/// <summary>
/// What a configuration file of wg-quick(8) says. Made by ConvertFrom-WgConfig, or by hand:
/// <c>[WireGuard.WgConfig]@{ Name = 'wg0'; ... }</c>. What is null or empty is not written.
/// </summary>
public sealed class WgConfig
{
    /// <summary>The tunnel's, which is the file's without ".conf"; null when the text came from no file.</summary>
    public string? Name { get; set; }

    /// <summary>The file that it was read from, or null.</summary>
    public string? ConfigPath { get; set; }

    /// <summary>44 characters of base64. Off Windows a SecureString hides its text but does not encrypt it.</summary>
    public SecureString? PrivateKey { get; set; }

    /// <summary>True also for a tunnel whose key was not asked for.</summary>
    public bool HasPrivateKey => PrivateKey is not null || IsPrivateKeyHidden;

    /// <summary>UDP port; null: chosen at the start.</summary>
    public ushort? ListenPort { get; set; }

    /// <summary>0: "off".</summary>
    public uint? FwMark { get; set; }

    /// <summary>Interface addresses in CIDR form.</summary>
    public string[] Addresses { get; set; } = [];

    /// <summary>Name servers and search domains.</summary>
    public string[] Dns { get; set; } = [];

    /// <summary>Bytes; null: found at the start.</summary>
    public int? Mtu { get; set; }

    /// <summary>"off" or a number; null: "auto".</summary>
    public string? Table { get; set; }

    public string[] PreUp { get; set; } = [];

    public string[] PostUp { get; set; } = [];

    public string[] PreDown { get; set; } = [];

    public string[] PostDown { get; set; } = [];

    public bool SaveConfig { get; set; }

    public WgConfigPeer[] Peers { get; set; } = [];

    public int PeerCount => Peers?.Length ?? 0;

    // There is one, but the tunnel was not asked for it.
    internal bool IsPrivateKeyHidden { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name ?? "";
}
