using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

internal sealed unsafe partial class RouteNetlink
{
    /// <summary>Names of the interfaces that packets of others come in by: no loopback, and no port of a bridge or bond.</summary>
    public List<string> InboundLinks()
    {
        var request = NetlinkRequest.Create(RTM_GETLINK, 0, new LinkMessage());
        return _socket.Dump<string>(request, "RTM_GETLINK", static (message, names) =>
        {
            if (message.Header.Type != RTM_NEWLINK || !message.TryRead(out LinkMessage link) || (link.Flags & IFF_LOOPBACK) != 0)
                return;
            var attributes = message.AttributesAfter(sizeof(LinkMessage));
            if (attributes.UInt32(IFLA_MASTER) is null or 0 && attributes.Text(IFLA_IFNAME) is { Length: > 0 } name)
                names.Add(name);
        });
    }

    /// <summary>By which rules of a firewall know it with others.</summary>
    public void SetGroup(int index, uint group) =>
        _socket.Execute(NetlinkRequest.Create(RTM_NEWLINK, 0, new LinkMessage { Index = index }).Add(IFLA_GROUP, group), "RTM_NEWLINK");
}
