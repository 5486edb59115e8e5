using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Tun;

/// <summary>
/// The MTUs that an administrator has given to routes into one interface ("ip route add ... mtu N"), in the network
/// namespace of the thread that makes the object. One thread at a time.
/// </summary>
internal sealed unsafe class RouteMtus : IDisposable
{
    private readonly NetlinkSocket _socket = NetlinkSocket.Open();

    /// <exception cref="LinuxException"/>
    public RouteMtus() => _socket.FilterDumps();

    public void Dispose() => _socket.Dispose();

    /// <summary>Those of all tables and both families, in no order; none where the kernel will not tell.</summary>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public List<int> Read(int interfaceIndex)
    {
        List<int> mtus = [];
        foreach (var family in (ReadOnlySpan<byte>)[Libc.AF_INET, Libc.AF_INET6])
        {
            // The kernel looks through its tables for this interface alone, of which there may be a million routes to others.
            var request = NetlinkRequest.Create(RTM_GETROUTE, 0, new RouteMessage { Family = family }).Add(RTA_OIF, (uint)interfaceIndex);
            try
            {
                mtus.AddRange(_socket.Dump<int>(request, "RTM_GETROUTE", (message, found) =>
                {
                    if (TryParse(message, interfaceIndex, out var mtu) && mtu is { } value)
                        found.Add(value);
                }));
            }
            catch (NetlinkException)
            {
                // No IPv6, or the interface has just gone.
            }
        }

        return mtus;
    }

    /// <summary>Whether a route into the interface has come or gone, and its MTU if it has one of its own.</summary>
    internal static bool TryParse(NetlinkMessage message, int interfaceIndex, out int? mtu)
    {
        mtu = null;
        if (message.Header.Type is not (RTM_NEWROUTE or RTM_DELROUTE) || !message.TryRead(out RouteMessage _))
            return false;
        var attributes = message.AttributesAfter(sizeof(RouteMessage));
        if (attributes.UInt32(RTA_OIF) != (uint)interfaceIndex)
            return false;
        mtu = RouteMessage.MtuOf(attributes);
        return true;
    }
}
