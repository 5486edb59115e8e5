using System.Security;

namespace WireGuard;

/// <summary>Whether a tunnel carries traffic. Words, because ConvertTo-Json writes an enumeration's members as numbers.</summary>
public static class WgTunnelState
{
    /// <summary>The engine runs and is not ready yet: it looks endpoints up, or sets up the host.</summary>
    public const string Starting = "Starting";

    /// <summary>The engine runs, the link is up.</summary>
    public const string Up = "Up";

    /// <summary>The engine runs, the link is administratively down.</summary>
    public const string Down = "Down";

    /// <summary>Stop-WgTunnel has just ended it.</summary>
    public const string Stopped = "Stopped";
}

/// <summary>A tunnel as it was when it was asked.</summary>
public sealed class WgTunnel
{
    /// <summary>Name of the interface.</summary>
    public required string Name { get; init; }

    /// <summary>A member of <see cref="WgTunnelState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Base64; null when no private key is set.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Only with -IncludeSecret, else null.</summary>
    public SecureString? PrivateKey { get; init; }

    /// <summary>UDP port.</summary>
    public int ListenPort { get; init; }

    /// <summary>0: none.</summary>
    public uint FwMark { get; init; }

    /// <summary>Bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Bytes, as the file or somebody since has said; null: found from the ways to the endpoints.</summary>
    public int? ConfiguredMtu { get; init; }

    /// <summary>Name servers and search domains.</summary>
    public string[] Dns { get; init; } = [];

    /// <summary>"off" or a number; null: "auto".</summary>
    public string? Table { get; init; }

    /// <summary>"userspace" or "kernel".</summary>
    public required string Backend { get; init; }

    /// <summary>Interface addresses in CIDR form.</summary>
    public string[] Addresses { get; init; } = [];

    /// <summary>The network namespace that the interface was put into, by name or path; null: where it was started.</summary>
    public string? NetNs { get; init; }

    /// <summary>That of the UDP sockets.</summary>
    public string? SocketNetNs { get; init; }

    /// <summary>Nothing leaves the host but through the tunnel.</summary>
    public bool KillSwitch { get; init; }

    /// <summary>Packets are passed on between the tunnel and the networks behind the host.</summary>
    public bool Forward { get; init; }

    /// <summary>What comes in by the tunnel leaves by other interfaces under the host's own address.</summary>
    public bool Masquerade { get; init; }

    /// <summary>Networks that are reached around the tunnel, in CIDR form.</summary>
    public string[] ExcludeRoute { get; init; } = [];

    /// <summary>Others join it by a code or an invitation: Start-WgEnrollmentServer starts it, not Start-WgTunnel.</summary>
    public bool Served { get; init; }

    /// <summary>Configuration file that it was started from, or null.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>Until when the server that was joined lets this host in; told by Join-WgNetwork alone, and null where it is until it is revoked.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Bytes received from all peers, present and removed.</summary>
    public ulong RxBytes { get; init; }

    /// <summary>Bytes sent to all peers, present and removed.</summary>
    public ulong TxBytes { get; init; }

    public WgPeer[] Peers { get; init; } = [];

    public int PeerCount => Peers.Length;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
