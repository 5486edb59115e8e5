using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Where packets to a destination leave.</summary>
/// <param name="Mtu">The route's own, or null.</param>
internal readonly record struct PathInfo(int InterfaceIndex, int? Mtu);

internal sealed unsafe partial class RouteNetlink
{
    /// <summary>The way that the kernel would take, for packets with that mark.</summary>
    /// <exception cref="NetlinkException">There is none.</exception>
    public PathInfo? FindPath(IPAddress destination, uint mark)
    {
        PathInfo? found = null;
        var bytes = destination.GetAddressBytes();
        var request = NetlinkRequest.Create(RTM_GETROUTE, 0, new RouteMessage { Family = FamilyOf(destination), DestinationLength = (byte)(8 * bytes.Length) })
            .Add(RTA_DST, bytes)
            .Add(RTA_MARK, mark);
        _socket.Execute(request, "RTM_GETROUTE", message =>
        {
            if (message.Header.Type == RTM_NEWROUTE && message.TryRead(out RouteMessage _))
                found = ParsePath(message.AttributesAfter(sizeof(RouteMessage)));
        });
        return found;
    }

    /// <summary>The default route of the main table, IPv4's first, the lowest metric's; null: there is none into one interface.</summary>
    public PathInfo? FindDefaultPath() =>
        DefaultPaths(AddressFamily.InterNetwork).Concat(DefaultPaths(AddressFamily.InterNetworkV6)).Select(p => (PathInfo?)p).FirstOrDefault();

    private List<PathInfo> DefaultPaths(AddressFamily family)
    {
        var request = NetlinkRequest.Create(RTM_GETROUTE, 0, new RouteMessage { Family = NumberOf(family) });
        var paths = _socket.Dump<(uint Metric, PathInfo Path)>(request, "RTM_GETROUTE", (message, list) =>
        {
            if (message.Header.Type != RTM_NEWROUTE || !message.TryRead(out RouteMessage route)
                || route.DestinationLength != 0 || route.Type != RTN_UNICAST || route.Family != NumberOf(family))
            {
                return;
            }

            var attributes = message.AttributesAfter(sizeof(RouteMessage));
            if ((attributes.UInt32(RTA_TABLE) ?? route.Table) == MainTable && ParsePath(attributes) is { } path)
                list.Add((attributes.UInt32(RTA_PRIORITY) ?? 0, path));
        });
        return [.. paths.OrderBy(p => p.Metric).Select(p => p.Path)];
    }

    private static PathInfo? ParsePath(NetlinkAttributes attributes)
    {
        if (attributes.UInt32(RTA_OIF) is not { } link)
            return null;
        return new PathInfo((int)link, RouteMessage.MtuOf(attributes));
    }
}
