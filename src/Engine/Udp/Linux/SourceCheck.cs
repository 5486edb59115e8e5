using System.Runtime.InteropServices;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using WireGuard.Engine.Packets;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.Udp;

/// <summary>
/// Asks the kernel whether a learned source address still serves: the address is there, and the way to the peer leads
/// over the interface that the peer's datagrams came in by. In the network namespace of the thread that makes the
/// object, which is also the one that asks.
/// </summary>
internal sealed unsafe class SourceCheck : IDisposable
{
    private readonly NetlinkSocket _routes = NetlinkSocket.Open();

    public void Dispose() => _routes.Dispose();

    /// <exception cref="LinuxException">The netlink socket failed.</exception>
    public bool StillServes(in UdpEndpoint endpoint, uint fwMark)
    {
        // An answer about the route says nothing sure about the source: not every kernel looks for it, and never in IPv6.
        if (!IsOurs(in endpoint))
            return false;
        // A link-local peer has its interface in its scope; no route chooses it.
        return endpoint.ScopeId != 0 || InterfaceTowards(in endpoint, fwMark) is not { } way || way == endpoint.SourceInterface;
    }

    /// <summary>The interface of the route; null: no way at present, which says nothing about the source.</summary>
    private int? InterfaceTowards(in UdpEndpoint endpoint, uint fwMark)
    {
        Span<ulong> remote = [endpoint.AddressHigh, endpoint.AddressLow];
        Span<ulong> source = [endpoint.SourceHigh, endpoint.SourceLow];
        var length = endpoint.Family == 4 ? 4 : 16;
        var message = new RouteMessage
        {
            Family = (byte)(endpoint.Family == 4 ? Libc.AF_INET : Libc.AF_INET6),
            DestinationLength = (byte)(length * 8),
            SourceLength = (byte)(length * 8),
        };
        var request = NetlinkRequest.Create(RTM_GETROUTE, 0, message)
            .Add(RTA_DST, MemoryMarshal.AsBytes(remote)[..length])
            .Add(RTA_SRC, MemoryMarshal.AsBytes(source)[..length]);
        if (fwMark != 0)
            request.Add(RTA_MARK, fwMark);
        int? found = null;
        try
        {
            _routes.Execute(request, "RTM_GETROUTE", answer => found = (int?)answer.AttributesAfter(sizeof(RouteMessage)).UInt32(RTA_OIF));
        }
        catch (NetlinkException)
        {
            return null;
        }
        return found;
    }

    /// <summary>Whether a socket can be bound to the source address.</summary>
    private static bool IsOurs(in UdpEndpoint endpoint)
    {
        var ipv4 = endpoint.Family == 4;
        var probe = Libc.Socket(ipv4 ? Libc.AF_INET : Libc.AF_INET6, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (probe < 0)
            return true;
        int result;
        if (ipv4)
        {
            var address = new SocketAddressIPv4 { Family = Libc.AF_INET, Address = MemoryMarshal.Read<uint>(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in endpoint.SourceHigh))) };
            result = Libc.Bind(probe, &address, (uint)sizeof(SocketAddressIPv4));
        }
        else
        {
            var address = new SocketAddressIPv6
            {
                Family = Libc.AF_INET6,
                AddressHigh = endpoint.SourceHigh,
                AddressLow = endpoint.SourceLow,
                ScopeId = endpoint.ScopeId != 0 ? (uint)endpoint.SourceInterface : 0,
            };
            result = Libc.Bind(probe, &address, (uint)sizeof(SocketAddressIPv6));
        }
        var isOurs = result == 0 || Libc.LastError != Errno.EADDRNOTAVAIL;
        _ = Libc.Close(probe);
        return isOurs;
    }
}
