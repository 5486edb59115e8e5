using System.Net;

namespace WireGuard.Engine.HostNetwork;

/// <summary>What whoever starts a tunnel asks of the host beyond the configuration file.</summary>
public sealed record HostChoices
{
    public static HostChoices None { get; } = new();

    /// <summary>What goes there goes around the tunnel, whatever the peers' allowed IPs say.</summary>
    public IReadOnlyList<IPNetwork> ExcludedRoutes { get; init; } = [];

    /// <summary>Nothing leaves the host but through the tunnel, until it is stopped; also while its engine is dead.</summary>
    public bool KillSwitch { get; init; }

    /// <summary>Packets are passed on between the tunnel and the networks behind the host.</summary>
    public bool Forward { get; init; }

    /// <summary>With <see cref="Forward"/>: what comes in by the tunnel leaves by other interfaces under the host's own address.</summary>
    public bool Masquerade { get; init; }
}
