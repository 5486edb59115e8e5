using WireGuard.Configuration;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The rules that a tunnel with a default route needs besides its routes, in a table of the tunnel's own.</summary>
internal static class TunnelFirewall
{
    private const int RawPriority = -300;
    private const int ManglePriority = -150;
    private const byte Udp = 17;

    public static string TableOf(string tunnel) => $"wireguard-engine-{tunnel}";

    /// <summary>
    /// Nobody outside reaches the tunnel's addresses around the tunnel; and what answers the tunnel's own datagrams gets
    /// their mark back, so that the reverse path filter looks for its source where they went.
    /// </summary>
    /// <param name="addresses">Those of the families that have a default route.</param>
    /// <param name="mark">Null: the tunnel's own datagrams are in another namespace.</param>
    public static FirewallTable Create(string tunnel, IEnumerable<InterfaceAddress> addresses, uint? mark) => new(TableOf(tunnel),
    [
        new FirewallChain("preraw", NF_INET_PRE_ROUTING, RawPriority, NF_ACCEPT, [.. addresses.Select(address => Guard(tunnel, address))]),
        .. mark is { } own ? KeepMark(own) : [],
    ]);

    private static FirewallChain[] KeepMark(uint mark) =>
    [
        new FirewallChain("premangle", NF_INET_PRE_ROUTING, ManglePriority, NF_ACCEPT, [new FirewallRule().Protocol(Udp).ConnectionMark(mark).SetMark(mark)]),
        new FirewallChain("postmangle", NF_INET_POST_ROUTING, ManglePriority, NF_ACCEPT, [new FirewallRule().Protocol(Udp).Mark(mark).SetConnectionMark(mark)]),
    ];

    private static FirewallRule Guard(string tunnel, InterfaceAddress address) => new FirewallRule()
        .FromInterface(tunnel, not: true)
        .Family(address.Address.AddressFamily)
        .Destination(address.Address)
        .SourceIsForeign()
        .Drop();
}
