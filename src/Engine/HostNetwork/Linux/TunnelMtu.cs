using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Finds the MTU that a tunnel's packets may have so that its datagrams leave whole, as wg-quick does: the smallest of the
/// ways to the endpoints, else the default route's, else 1500, less what goes around a packet.
/// </summary>
internal static class TunnelMtu
{
    /// <summary>IPv6 header, UDP header, message header and tag: 40 + 8 + 16 + 16.</summary>
    private const int Overhead = 80;

    private const int Ethernet = 1500;

    /// <summary>As the configuration's grammar has it.</summary>
    private const int Smallest = 576;

    /// <summary>Below it, the kernel takes IPv6 off an interface.</summary>
    private const int SmallestWithIPv6 = 1280;

    /// <summary>A jumbo frame's. Longer ones only a loopback has, where they gain nothing: the lanes carry super-packets.</summary>
    private const int Largest = 9000 - Overhead;

    /// <summary>Of the way to an endpoint; null: there is none yet, or it leads into the tunnel.</summary>
    /// <param name="name">The tunnel's.</param>
    /// <param name="mark">What the tunnel's own datagrams carry.</param>
    /// <param name="tunnel">Its own interface, through which none of them go.</param>
    /// <exception cref="HostNetworkException"/>
    public static int? To(RouteNetlink netlink, IPAddress endpoint, string name, uint mark, int tunnel)
    {
        int? mtu = null;
        NetlinkStep.Run($"finding the MTU for {name}", () => mtu = MtuOf(netlink, PathTo(netlink, endpoint, mark), tunnel));
        return mtu;
    }

    /// <summary>Of the default route.</summary>
    /// <inheritdoc cref="To"/>
    public static int? OfDefault(RouteNetlink netlink, string name, int tunnel)
    {
        int? mtu = null;
        NetlinkStep.Run($"finding the MTU for {name}", () => mtu = MtuOf(netlink, netlink.FindDefaultPath(), tunnel));
        return mtu;
    }

    /// <param name="smallest">Of all ways; null: there are none.</param>
    public static int Choose(int? smallest, HostNetworkSettings settings)
    {
        var least = settings.Addresses.Any(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6) ? SmallestWithIPv6 : Smallest;
        return Math.Clamp((smallest ?? Ethernet) - Overhead, least, Largest);
    }

    private static PathInfo? PathTo(RouteNetlink netlink, IPAddress endpoint, uint mark)
    {
        try
        {
            return netlink.FindPath(endpoint.IsIPv4MappedToIPv6 ? endpoint.MapToIPv4() : endpoint, mark);
        }
        catch (LinuxException failure) when (failure.ErrorCode is Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL or Errno.EAFNOSUPPORT)
        {
            // None yet, or one that refuses.
            return null;
        }
    }

    private static int? MtuOf(RouteNetlink netlink, PathInfo? path, int tunnel) =>
        path is not { } way || way.InterfaceIndex == tunnel ? null
        : way.Mtu is > 0 and var own ? own
        : netlink.FindLink(way.InterfaceIndex)?.Mtu;
}
