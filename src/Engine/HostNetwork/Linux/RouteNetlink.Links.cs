using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>An interface that packets of others come in by.</summary>
/// <param name="IsBridge">What its ports send to each other may be shown to firewalls as coming from and going to itself.</param>
internal readonly record struct InboundLink(int Index, string Name, bool IsBridge);

internal sealed unsafe partial class RouteNetlink
{
    /// <summary>No loopback, and no port of a bridge or bond.</summary>
    public List<InboundLink> InboundLinks()
    {
        var request = NetlinkRequest.Create(RTM_GETLINK, 0, new LinkMessage());
        return _socket.Dump<InboundLink>(request, "RTM_GETLINK", static (message, links) =>
        {
            if (message.Header.Type != RTM_NEWLINK || !message.TryRead(out LinkMessage link) || (link.Flags & IFF_LOOPBACK) != 0)
                return;
            var attributes = message.AttributesAfter(sizeof(LinkMessage));
            if (attributes.UInt32(IFLA_MASTER) is null or 0 && attributes.Text(IFLA_IFNAME) is { Length: > 0 } name)
                links.Add(new InboundLink(link.Index, name, attributes.TryGet(IFLA_LINKINFO, out var kind) && new NetlinkAttributes(kind).Text(IFLA_INFO_KIND) == "bridge"));
        });
    }

    /// <summary>By which rules of a firewall know it with others.</summary>
    public void SetGroup(int index, uint group) =>
        _socket.Execute(NetlinkRequest.Create(RTM_NEWLINK, 0, new LinkMessage { Index = index }).Add(IFLA_GROUP, group), "RTM_NEWLINK");
}
