using System.Runtime.InteropServices;
using System.Text;
using WireGuard.Engine.Interop.Linux.Netlink;

namespace WireGuard.Engine.Cli.Demo.Linux;

/// <summary>A virtual cable (veth(4)) between two namespaces; it goes when one of them goes.</summary>
internal static class VethPair
{
    private const ushort IFLA_LINKINFO = 18;
    private const ushort IFLA_NET_NS_FD = 28;
    private const ushort IFLA_INFO_KIND = 1;
    private const ushort IFLA_INFO_DATA = 2;
    private const ushort VETH_INFO_PEER = 1;

    /// <summary>Plugs one end, called <paramref name="name"/>, into each namespace; both are down.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static void Create(NetworkNamespace here, NetworkNamespace there, string name) => here.Run(() =>
    {
        var peer = NetlinkRequest.Create(0, 0, default(LinkMessage))
            .Add(RouteConstants.IFLA_IFNAME, name)
            .Add(IFLA_NET_NS_FD, (uint)there.Descriptor)
            .ToMessage(0)[NetlinkHeader.Size..];
        byte[] information =
        [
            .. Attribute(IFLA_INFO_KIND, Encoding.ASCII.GetBytes("veth")),
            .. Attribute(IFLA_INFO_DATA | NetlinkConstants.NLA_F_NESTED, Attribute(VETH_INFO_PEER, peer)),
        ];
        var request = NetlinkRequest.Create(RouteConstants.RTM_NEWLINK, NetlinkConstants.NLM_F_CREATE | NetlinkConstants.NLM_F_EXCL, default(LinkMessage))
            .Add(RouteConstants.IFLA_IFNAME, name)
            .Add(IFLA_LINKINFO | NetlinkConstants.NLA_F_NESTED, information);
        using var netlink = NetlinkSocket.Open();
        netlink.Execute(request, "RTM_NEWLINK veth");
        return true;
    });

    private static byte[] Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var bytes = new byte[NetlinkConstants.Align(4 + value.Length)];
        MemoryMarshal.Write(bytes, (ushort)(4 + value.Length));
        MemoryMarshal.Write(bytes.AsSpan(2), type);
        value.CopyTo(bytes.AsSpan(4));
        return bytes;
    }
}
