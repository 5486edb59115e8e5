using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Messages of nf_tables, run as one transaction in the network namespace of the calling thread.</summary>
internal static class NetfilterBatch
{
    /// <param name="family">NFPROTO_...</param>
    public static NetlinkRequest Message(ushort type, ushort flags, byte family) =>
        NetlinkRequest.Create(type, flags, new NetfilterMessage { Family = family });

    /// <param name="messages">With names for an error's text.</param>
    /// <exception cref="NetlinkException">The kernel refused one, and none was carried out.</exception>
    public static void Run(IReadOnlyList<(string Name, NetlinkRequest Message)> messages)
    {
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        socket.ExecuteBatch(
            [Frame(NFNL_MSG_BATCH_BEGIN), .. messages.Select(m => m.Message), Frame(NFNL_MSG_BATCH_END)],
            place => place == 0 ? "nf_tables" : messages[place - 1].Name);
    }

    private static NetlinkRequest Frame(ushort type)
    {
        ReadOnlySpan<byte> subsystem = [0, NFNL_SUBSYS_NFTABLES];
        return NetlinkRequest.Create(type, 0, new NetfilterMessage { ResourceId = MemoryMarshal.Read<ushort>(subsystem) });
    }
}
