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
}
