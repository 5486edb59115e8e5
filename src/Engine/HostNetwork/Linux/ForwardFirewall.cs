using System.Net.Sockets;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Where this host would begin to pass packets on because a tunnel of ours does.</summary>
/// <param name="IPv4">Interfaces whose packets it did not pass on before.</param>
/// <param name="IPv6">The same; null: none of IPv6 at all.</param>
internal sealed record NewlyForwarded(IReadOnlyList<InboundLink> IPv4, IReadOnlyList<InboundLink>? IPv6);

/// <summary>The rules of a tunnel that joins networks, in a table of its own.</summary>
internal static class ForwardFirewall
{
    /// <summary>Of the interfaces of all tunnels that join networks, so that none keeps out what is another's.</summary>
    public const uint Group = 51820;

    private const int ManglePriority = -150;
    private const int FilterPriority = 0;
    private const int SourceNatPriority = 100;

    private const string Prefix = "wireguard-forward-";

    public static string TableOf(string tunnel) => Prefix + tunnel;

    /// <summary>A tunnel's, whosever.</summary>
    public static bool IsTable(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>
    /// TCP is told what fits through the tunnel. Packets pass between the tunnel and the rest, and what was not passed on
    /// before is not between the rest either, although the kernel would now.
    /// </summary>
    /// <param name="bridges">Those that there are.</param>
    public static FirewallTable Create(string tunnel, HostChoices choices, NewlyForwarded newly, IEnumerable<InboundLink> bridges) => new(TableOf(tunnel),
    [
        new FirewallChain("clamp", NF_INET_FORWARD, ManglePriority, NF_ACCEPT,
        [
            new FirewallRule().ToInterface(tunnel).ClampSegmentSize(),
            new FirewallRule().FromInterface(tunnel).ClampSegmentSize(),
        ]),
        new FirewallChain("forward", NF_INET_FORWARD, FilterPriority, NF_ACCEPT,
        [
            new FirewallRule().FromGroup(Group).Accept(),
            new FirewallRule().ToGroup(Group).Accept(),
            // With br_netfilter, what a bridge's ports send to each other comes by here.
            .. bridges.Select(bridge => new FirewallRule().FromInterface(bridge.Index).ToInterface(bridge.Name).Accept()),
            .. newly.IPv4.Select(link => new FirewallRule().Family(AddressFamily.InterNetwork).FromInterface(link.Index).Drop()),
            .. (newly.IPv6 ?? []).Select(link => new FirewallRule().Family(AddressFamily.InterNetworkV6).FromInterface(link.Index).Drop()),
            .. newly.IPv6 is null ? [new FirewallRule().Family(AddressFamily.InterNetworkV6).Drop()] : Array.Empty<FirewallRule>(),
        ]),
        .. choices.Masquerade ? [Masquerade(tunnel)] : Array.Empty<FirewallChain>(),
    ]);

    private static FirewallChain Masquerade(string tunnel) => new(
        "masquerade", NF_INET_POST_ROUTING, SourceNatPriority, NF_ACCEPT, [new FirewallRule().FromInterface(tunnel).ToOtherInterface(tunnel).Masquerade()])
    {
        Type = "nat",
    };
}
