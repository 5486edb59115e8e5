using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// The rules that let nothing leave the host but through the tunnel, in a table of their own that outlives the engine. By interface
/// and mark, not by address: no route leads around them, and a peer may move.
/// </summary>
internal static class KillSwitch
{
    private const int FilterPriority = 0;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte IcmpV6 = 58;
    private const uint HopLimitOffset = 7;
    private const uint DestinationPortOffset = 2;

    // Plain and over TLS.
    private static readonly byte[][] s_nameServerPorts = [[53 >> 8, 53], [853 >> 8, 853 & 0xFF]];

    // What neighbours say to each other comes from one hop away and goes no further, and says so.
    private static readonly (byte HopLimit, byte[] Types)[] s_neighbourTalk =
    [
        (255, [133, 135, 136]), // router solicitation; neighbour solicitation and advertisement
        (1, [131, 132, 143]), // multicast listener reports: switches bring solicitations to listeners only
    ];

    private const string Prefix = "wireguard-killswitch-";
    private const string Output = "output";
    private const string Forward = "forward";

    public static string TableOf(string tunnel) => Prefix + tunnel;

    /// <summary>The tunnel whose kill switch the table is, whosever; null: it is none.</summary>
    public static string? TunnelOf(string table) => table.StartsWith(Prefix, StringComparison.Ordinal) ? table[Prefix.Length..] : null;

    /// <summary>In the network namespace of the calling thread, whatever anybody has written down. Null: it cannot be told.</summary>
    public static bool? IsClosed(string tunnel)
    {
        try
        {
            return TablePicture.Take(TableOf(tunnel))?.Drops(Output, Forward) ?? false;
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    /// <param name="marks">What the tunnel's own datagrams carry, two while they change; nobody without CAP_NET_ADMIN can set it.</param>
    public static FirewallTable Create(string tunnel, HostChoices choices, params IEnumerable<uint> marks) => Create(tunnel, choices, marks, []);

    /// <summary>For as long as a start needs to look its endpoints' names up: besides what always passes, questions to name servers.</summary>
    public static FirewallTable ForLookUps(string tunnel, HostChoices choices) => Create(tunnel, choices, [], LookUps());

    private static FirewallTable Create(string tunnel, HostChoices choices, IEnumerable<uint> marks, IEnumerable<FirewallRule> more) => new(TableOf(tunnel),
    [
        new FirewallChain(Output, NF_INET_LOCAL_OUT, FilterPriority, NF_DROP,
        [
            new FirewallRule().ToInterface("lo").Accept(),
            new FirewallRule().ToInterface(tunnel).Accept(),
            .. marks.Select(mark => new FirewallRule().Protocol(Udp).Mark(mark).Accept()),
            LeaseRenewal(AddressFamily.InterNetwork, client: 68, server: 67),
            LeaseRenewal(AddressFamily.InterNetworkV6, client: 546, server: 547),
            .. s_neighbourTalk.SelectMany(talk => talk.Types.Select(type => NeighbourTalk(talk.HopLimit, type))),
            .. choices.ExcludedRoutes.Select(prefix => new FirewallRule().Destination(prefix).Accept()),
            .. more,
        ]),
        new FirewallChain(Forward, NF_INET_FORWARD, FilterPriority, NF_DROP,
        [
            new FirewallRule().ToInterface(tunnel).Accept(),
            // Who is to reach the networks behind the host begins connections too.
            choices.Forward ? new FirewallRule().FromInterface(tunnel).Accept() : new FirewallRule().FromInterface(tunnel).KnownConnection().Accept(),
            .. choices.ExcludedRoutes.Select(prefix => new FirewallRule().Destination(prefix).Accept()),
        ]),
    ]);

    private static IEnumerable<FirewallRule> LookUps() =>
        from protocol in new[] { Udp, Tcp }
        from port in s_nameServerPorts
        select new FirewallRule().Protocol(protocol).Transport(DestinationPortOffset, port).Accept();

    // Without it the underlay's own address is lost, and the tunnel with it. Ports below 1024 are root's.
    private static FirewallRule LeaseRenewal(AddressFamily family, ushort client, ushort server) => new FirewallRule()
        .Family(family)
        .Protocol(Udp)
        .Transport(0, (byte)(client >> 8), (byte)client, (byte)(server >> 8), (byte)server)
        .Accept();

    private static FirewallRule NeighbourTalk(byte hopLimit, byte type) => new FirewallRule()
        .Family(AddressFamily.InterNetworkV6)
        .Network(HopLimitOffset, hopLimit)
        .Protocol(IcmpV6)
        .Transport(0, type)
        .Accept();
}
