using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Configuration;

namespace WireGuard;

/// <summary>Makes the public snapshots from what the engine tells.</summary>
internal static class Snapshots
{
    internal static WgTunnel ToTunnel(this TunnelInfo info, DateTimeOffset now, string? state = null, DateTimeOffset? leaseEnds = null) => new()
    {
        Name = info.Name,
        State = state ?? (info.IsStarting ? WgTunnelState.Starting : info.IsUp ? WgTunnelState.Up : WgTunnelState.Down),
        PublicKey = info.PublicKey,
        PrivateKey = SecretText.ToSecureString(info.PrivateKey),
        ListenPort = info.ListenPort,
        FwMark = info.FwMark,
        Mtu = info.Mtu,
        ConfiguredMtu = info.ConfiguredMtu,
        Dns = [.. info.Dns ?? []],
        Table = info.Table,
        Backend = info.Backend,
        Addresses = [.. info.Addresses],
        NetNs = info.NetNs,
        SocketNetNs = info.SocketNetNs,
        KillSwitch = info.KillSwitch,
        Forward = info.Forward,
        Masquerade = info.Masquerade,
        ExcludeRoute = [.. info.ExcludedRoutes ?? []],
        Served = info.Served,
        ConfigPath = info.ConfigPath,
        LeaseEnds = leaseEnds,
        ProcessId = info.ProcessId,
        StartedAt = info.StartedAt,
        RxBytes = info.RxBytes,
        TxBytes = info.TxBytes,
        Peers = [.. info.Peers.Select(p => p.ToPeer(info.Name, now))],
    };

    /// <param name="before">As it was a while ago; null: nobody looked, or it was not there.</param>
    internal static WgPeer ToPeer(this PeerInfo info, string tunnel, DateTimeOffset now, PeerInfo? before = null, TimeSpan since = default) => new()
    {
        Tunnel = tunnel,
        Name = info.Name,
        PublicKey = info.PublicKey,
        PresharedKey = SecretText.ToSecureString(info.PresharedKey),
        HasPresharedKey = info.HasPresharedKey,
        Endpoint = info.Endpoint,
        AllowedIPs = [.. info.AllowedIPs],
        LastHandshake = info.LastHandshake,
        HandshakeAge = Age(info.LastHandshake, now),
        RxBytes = info.RxBytes,
        TxBytes = info.TxBytes,
        RxRate = Rate(before?.RxBytes, info.RxBytes, since),
        TxRate = Rate(before?.TxBytes, info.TxBytes, since),
        PersistentKeepalive = info.PersistentKeepalive,
    };

    /// <param name="enrollment">A member of <see cref="WgEnrollmentState"/>, or null.</param>
    internal static WgStatus ToStatus(this EngineStatus info, string? enrollment, DateTimeOffset now) => new()
    {
        Tunnel = info.Tunnel,
        EngineVersion = info.EngineVersion,
        ProtocolVersion = info.ProtocolVersion,
        ProcessId = info.ProcessId,
        StartedAt = info.StartedAt,
        Uptime = Since(info.StartedAt, now),
        Backend = info.Backend,
        CryptoBackend = info.CryptoBackend,
        Lanes = info.Lanes,
        MemoryBytes = info.MemoryBytes,
        CpuTime = TimeSpan.FromSeconds(info.CpuSeconds),
        PeerCount = info.PeerCount,
        OnlinePeerCount = info.OnlinePeerCount,
        Enrollment = enrollment,
        RxBytes = info.RxBytes,
        TxBytes = info.TxBytes,
    };

    internal static WgChange ToModel(this TunnelDifference change, string tunnel) => new()
    {
        Tunnel = tunnel,
        Kind = change.Kind switch
        {
            TunnelDifference.Added => "Added",
            TunnelDifference.Removed => "Removed",
            TunnelDifference.Changed => "Changed",
            _ => change.Kind,
        },
        Property = change.Property,
        Peer = change.Peer,
        PeerName = change.PeerName,
        From = change.From,
        To = change.To,
    };

    internal static WgConfigDiagnostic ToModel(this ConfigDiagnostic diagnostic, string path) => new()
    {
        Severity = diagnostic.Severity.ToString(),
        Id = diagnostic.Id,
        Message = diagnostic.Message,
        Path = diagnostic.Path ?? path,
        Line = diagnostic.Line,
        Column = diagnostic.Column,
    };

    internal static TimeSpan Age(DateTimeOffset? instant, DateTimeOffset now) =>
        instant is { } then ? Since(then, now) : TimeSpan.MaxValue;

    // Counters that have shrunk are another peer's of the same key.
    private static double? Rate(ulong? before, ulong after, TimeSpan since) =>
        before <= after && since > TimeSpan.Zero ? (after - before.Value) / since.TotalSeconds : null;

    // A clock that was set back must not make an age negative.
    private static TimeSpan Since(DateTimeOffset then, DateTimeOffset now) => now > then ? now - then : TimeSpan.Zero;
}
