using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetlinkConstants;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>An interface as the kernel tells of it.</summary>
/// <param name="Mtu">Bytes.</param>
/// <param name="IsUp">Administratively.</param>
internal readonly record struct LinkInfo(int Index, string Name, int Mtu, bool IsUp);

/// <summary>A unicast route straight into an interface.</summary>
/// <param name="Table">254: main.</param>
internal sealed record RouteInfo(IPNetwork Destination, int InterfaceIndex, uint Table);

/// <summary>
/// rtnetlink(7): links, addresses and routes of the network namespace of the thread that made the object. One thread at
/// a time. All methods throw <see cref="NetlinkException"/> when the kernel refuses.
/// </summary>
internal sealed unsafe partial class RouteNetlink : IDisposable
{
    public const uint MainTable = RT_TABLE_MAIN;

    private readonly NetlinkSocket _socket = NetlinkSocket.Open();

    /// <summary>Null when there is none of that name.</summary>
    public LinkInfo? FindLink(string name) =>
        FindLink(NetlinkRequest.Create(RTM_GETLINK, 0, new LinkMessage()).Add(IFLA_IFNAME, name));

    /// <summary>Null when there is none of that index.</summary>
    public LinkInfo? FindLink(int index) =>
        FindLink(NetlinkRequest.Create(RTM_GETLINK, 0, new LinkMessage { Index = index }));

    /// <param name="mtu">Bytes.</param>
    public void SetMtu(int index, int mtu) =>
        _socket.Execute(NetlinkRequest.Create(RTM_NEWLINK, 0, new LinkMessage { Index = index }).Add(IFLA_MTU, (uint)mtu), "RTM_NEWLINK");

    public void SetUp(int index, bool up) =>
        _socket.Execute(
            NetlinkRequest.Create(RTM_NEWLINK, 0, new LinkMessage { Index = index, Flags = up ? IFF_UP : 0, Change = IFF_UP }),
            "RTM_NEWLINK");

    public void DeleteLink(int index) =>
        _socket.Execute(NetlinkRequest.Create(RTM_DELLINK, 0, new LinkMessage { Index = index }), "RTM_DELLINK");

    public void AddAddress(int index, InterfaceAddress address) =>
        _socket.Execute(AddressRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address), "RTM_NEWADDR");

    public void DeleteAddress(int index, InterfaceAddress address) =>
        _socket.Execute(AddressRequest(RTM_DELADDR, 0, index, address), "RTM_DELADDR");

    public void AddRoute(RouteInfo route) =>
        _socket.Execute(RouteRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route), "RTM_NEWROUTE");

    public void DeleteRoute(RouteInfo route) =>
        _socket.Execute(RouteRequest(RTM_DELROUTE, 0, route), "RTM_DELROUTE");

    /// <summary>The unicast routes of all tables that lead into the interface.</summary>
    public List<RouteInfo> RoutesOf(int interfaceIndex)
    {
        var request = NetlinkRequest.Create(RTM_GETROUTE, 0, default(RouteMessage));
        return _socket.Dump<RouteInfo>(request, "RTM_GETROUTE", (message, routes) =>
        {
            if (ParseRoute(message, interfaceIndex) is { } route)
                routes.Add(route);
        });
    }

    public void Dispose() => _socket.Dispose();

    private LinkInfo? FindLink(NetlinkRequest request)
    {
        LinkInfo? found = null;
        try
        {
            _socket.Execute(request, "RTM_GETLINK", message =>
            {
                if (message.Header.Type != RTM_NEWLINK || !message.TryRead(out LinkMessage link))
                    return;
                var attributes = message.AttributesAfter(sizeof(LinkMessage));
                found = new LinkInfo(
                    link.Index,
                    attributes.Text(IFLA_IFNAME) ?? "",
                    (int)(attributes.UInt32(IFLA_MTU) ?? 0),
                    (link.Flags & IFF_UP) != 0);
            });
        }
        catch (NetlinkException exception) when (exception.ErrorCode == Errno.ENODEV)
        {
            return null;
        }
        return found;
    }

    private static NetlinkRequest AddressRequest(ushort type, ushort flags, int index, InterfaceAddress address)
    {
        var ipv6 = address.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = address.Address.GetAddressBytes();
        var request = NetlinkRequest.Create(type, flags, new AddressMessage
        {
            Family = FamilyOf(address.Address),
            PrefixLength = (byte)address.PrefixLength,
            // A tunnel has no neighbours who could hold the same address, and detection would keep it unusable for a second.
            Flags = ipv6 && type == RTM_NEWADDR ? IFA_F_NODAD : (byte)0,
            Index = index,
        });
        return request.Add(IFA_LOCAL, bytes).Add(IFA_ADDRESS, bytes);
    }

    private static NetlinkRequest RouteRequest(ushort type, ushort flags, RouteInfo route)
    {
        var address = route.Destination.BaseAddress;
        return NetlinkRequest.Create(type, flags, new RouteMessage
        {
            Family = FamilyOf(address),
            DestinationLength = (byte)route.Destination.PrefixLength,
            Table = route.Table <= byte.MaxValue ? (byte)route.Table : RT_TABLE_UNSPEC,
            Protocol = RTPROT_BOOT,
            // IPv6 knows no scopes of routes.
            Scope = address.AddressFamily == AddressFamily.InterNetwork ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
            Type = RTN_UNICAST,
        })
        .Add(RTA_DST, address.GetAddressBytes())
        .Add(RTA_OIF, (uint)route.InterfaceIndex)
        .Add(RTA_TABLE, route.Table);
    }

    internal static RouteInfo? ParseRoute(NetlinkMessage message, int interfaceIndex)
    {
        if (message.Header.Type != RTM_NEWROUTE || !message.TryRead(out RouteMessage route) || route.Type != RTN_UNICAST)
            return null;
        var attributes = message.AttributesAfter(sizeof(RouteMessage));
        if (attributes.UInt32(RTA_OIF) != (uint)interfaceIndex)
            return null;
        var length = route.Family switch
        {
            Libc.AF_INET => 4,
            Libc.AF_INET6 => 16,
            _ => 0,
        };
        if (length == 0 || route.DestinationLength > 8 * length)
            return null;
        var bytes = new byte[length];
        if (attributes.TryGet(RTA_DST, out var destination) && destination.Length == length)
            destination.CopyTo(bytes);
        return new RouteInfo(
            new IPNetwork(new IPAddress(bytes), route.DestinationLength),
            interfaceIndex,
            attributes.UInt32(RTA_TABLE) ?? route.Table);
    }

    private static byte FamilyOf(IPAddress address) =>
        (byte)(address.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET);
}
