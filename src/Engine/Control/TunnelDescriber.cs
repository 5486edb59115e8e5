using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>Turns a device's snapshot into what clients see.</summary>
internal sealed class TunnelDescriber(ITunnelContext context, TimeProvider time)
{
    // A session that is older can no longer carry packets (REJECT_AFTER_TIME).
    private static readonly TimeSpan s_onlineFor = TimeSpan.FromSeconds(180);

    /// <summary>Major.minor.patch of this assembly.</summary>
    internal static string EngineVersion { get; } = typeof(TunnelDescriber).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    internal TunnelInfo Describe(DeviceSnapshot device, bool includeSecrets) => new()
    {
        Name = context.TunnelName,
        PublicKey = device.PublicKey?.ToString(),
        PrivateKey = includeSecrets ? device.PrivateKey?.ToBase64() : null,
        ListenPort = device.ListenPort,
        FwMark = device.FwMark,
        Mtu = device.Mtu,
        ConfiguredMtu = context.ConfiguredMtu,
        Dns = context.Dns,
        Table = context.Table,
        Backend = context.Backend,
        Lanes = context.Lanes,
        IsUp = device.IsUp,
        IsStarting = context.IsStarting,
        Addresses = context.Addresses,
        NetNs = context.NetNs,
        SocketNetNs = context.SocketNetNs,
        KillSwitch = context.KillSwitch,
        Forward = context.Forward,
        Masquerade = context.Masquerade,
        ExcludedRoutes = context.ExcludedRoutes,
        Served = context.Served,
        ConfigPath = context.ConfigPath,
        StartOptions = context.StartOptions,
        ProcessId = Environment.ProcessId,
        StartedAt = context.StartedAt,
        RxBytes = device.RxBytes,
        TxBytes = device.TxBytes,
        ForeignMessages = device.ForeignMessages,
        UnknownInitiations = device.UnknownInitiations,
        Peers = device.Peers.Select(peer => Describe(peer, includeSecrets)).ToArray(),
    };

    internal static PeerInfo Describe(PeerSnapshot peer, bool includeSecrets) => new()
    {
        PublicKey = peer.PublicKey.ToString(),
        Name = peer.Name,
        PresharedKey = includeSecrets ? peer.PresharedKey?.ToBase64() : null,
        HasPresharedKey = peer.PresharedKey is not null,
        Endpoint = peer.Endpoint?.ToString(),
        AllowedIPs = peer.AllowedIPs
            .OrderBy(prefix => prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6)
            .ThenByDescending(prefix => prefix.PrefixLength)
            .Select(prefix => prefix.ToString())
            .ToArray(),
        LastHandshake = peer.LastHandshake,
        RxBytes = peer.RxBytes,
        TxBytes = peer.TxBytes,
        PersistentKeepalive = peer.PersistentKeepalive,
        UnansweredHandshakes = peer.UnansweredHandshakes,
        RefusedResponses = peer.RefusedResponses,
    };

    internal EngineStatus DescribeEngine(DeviceSnapshot device)
    {
        var onlineSince = time.GetUtcNow() - s_onlineFor;
        return new EngineStatus
        {
            Tunnel = context.TunnelName,
            EngineVersion = EngineVersion,
            ProtocolVersion = ControlProtocol.Version,
            ProcessId = Environment.ProcessId,
            StartedAt = context.StartedAt,
            Backend = context.Backend,
            CryptoBackend = context.CryptoBackend,
            Lanes = context.Lanes,
            MemoryBytes = Environment.WorkingSet,
            CpuSeconds = OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() ? 0 : Environment.CpuUsage.TotalTime.TotalSeconds,
            PeerCount = device.Peers.Count,
            OnlinePeerCount = device.Peers.Count(peer => peer.LastHandshake > onlineSince),
            RxBytes = device.RxBytes,
            TxBytes = device.TxBytes,
        };
    }
}
