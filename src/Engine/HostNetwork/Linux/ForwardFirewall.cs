using System.Net.Sockets;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Where this host would begin to pass packets on because a tunnel of ours does.</summary>
/// <param name="IPv4">Interfaces whose packets it did not pass on before.</param>
/// <param name="IPv6">The same; null: none of IPv6 at all.</param>
internal sealed record NewlyForwarded(IReadOnlyList<string> IPv4, IReadOnlyList<string>? IPv6);

/// <summary>The rules of a tunnel that joins networks, in a table of its own.</summary>
internal static class ForwardFirewall
{
    /// <summary>Of the interfaces of all tunnels that join networks, so that none keeps out what is another's.</summary>
    public const uint Group = 51820;

    private const int ManglePriority = -150;
    private const int FilterPriority = 0;
    private const int SourceNatPriority = 100;

    public static string TableOf(string tunnel) => $"wireguard-forward-{tunnel}";

    /// <summary>
    /// TCP is told what fits through the tunnel. Packets pass between the tunnel and the rest, and what was not passed on
    /// before is not between the rest either, although the kernel would now.
    /// </summary>
    public static FirewallTable Create(string tunnel, HostChoices choices, NewlyForwarded newly) => new(TableOf(tunnel),
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
            .. newly.IPv4.Select(name => new FirewallRule().Family(AddressFamily.InterNetwork).FromInterface(name).Drop()),
            .. (newly.IPv6 ?? []).Select(name => new FirewallRule().Family(AddressFamily.InterNetworkV6).FromInterface(name).Drop()),
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
