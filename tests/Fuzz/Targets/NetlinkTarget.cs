using System.Text;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Interop.Linux.Netlink;
using WireGuard.Engine.Tun;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Fuzz;

/// <summary>
/// Datagrams of rtnetlink with lengths, types and attributes that lie. They come from the kernel, which does not lie; but
/// what is read must lie inside of what came, and reading ends.
/// </summary>
internal sealed class NetlinkTarget : IFuzzTarget
{
    private const int Interface = 7;

    public string Name => "netlink";

    public byte[] Make(Random random)
    {
        var datagram = new List<byte>();
        for (var messages = random.Next(1, 5); messages > 0; messages--)
        {
            datagram.AddRange(Message(random));
            if (random.Next(16) == 0)
                datagram.AddRange(new byte[random.Next(7)]);
        }

        var bytes = datagram.ToArray();
        for (var changes = random.Next(6); changes > 0; changes--)
            bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next(40));
        return random.Next(6) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    public void Run(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        for (var before = rest.Length; NetlinkMessage.TryTake(ref rest, out var message); before = rest.Length)
        {
            Assert.InRange(rest.Length, 0, before - NetlinkHeader.Size);
            _ = NetlinkAcknowledgement.Parse(message);
            if (RouteNetlink.ParseRoute(message, Interface) is { } route)
            {
                Assert.Equal(Interface, route.InterfaceIndex);
                Assert.InRange(route.Destination.PrefixLength, 0, 8 * route.Destination.BaseAddress.GetAddressBytes().Length);
            }

            if (RouteMtus.TryParse(message, Interface, out _))
                Assert.InRange(message.Payload.Length, 12, input.Length);
            Read(message);
        }
    }

    public void CheckHealth()
    {
        // It keeps nothing.
    }

    public void Dispose()
    {
    }

    private static unsafe void Read(NetlinkMessage message)
    {
        foreach (var size in new[] { sizeof(LinkMessage), sizeof(AddressMessage), sizeof(RouteMessage), 0, 3, 1000 })
        {
            var attributes = message.AttributesAfter(size);
            for (ushort type = 0; type < 30; type++)
            {
                if (attributes.TryGet(type, out var value))
                    Assert.InRange(value.Length, 0, Math.Max(0, message.Payload.Length - size - 4));
                var text = attributes.Text(type);
                Assert.True(text is null || text.Length <= message.Payload.Length);
                Assert.True(attributes.UInt32(type) is null || value.Length >= 4);
            }
        }
    }

    private static byte[] Message(Random random) => random.Next(4) switch
    {
        0 => NetlinkRequest.Create(random.Next(2) == 0 ? RTM_NEWLINK : RTM_DELLINK, 0, new LinkMessage { Index = Interface, Flags = IFF_UP })
            .Add(IFLA_IFNAME, "wg0").Add(IFLA_MTU, (uint)random.Next(70_000)).Add(IFLA_AF_SPEC, NetlinkRequest.Nested(10, [1, 2, 3])).ToMessage(1),
        1 => NetlinkRequest.Create(NetlinkConstants.NLMSG_ERROR, NetlinkConstants.NLM_F_ACK_TLVS, -random.Next(130))
            .Add(NetlinkConstants.NLMSGERR_ATTR_MSG, "no").ToMessage(1),
        2 => NetlinkRequest.Create(NetlinkConstants.NLMSG_ERROR, (ushort)(NetlinkConstants.NLM_F_ACK_TLVS | NetlinkConstants.NLM_F_CAPPED), new NetlinkError { Code = -22, Request = new NetlinkHeader { Length = 40 } })
            .Add(NetlinkConstants.NLMSGERR_ATTR_MSG, Encoding.UTF8.GetBytes("Invalid argument\0")).ToMessage(1),
        _ => Route(random),
    };

    private static byte[] Route(Random random)
    {
        var isV6 = random.Next(2) == 0;
        var destination = new byte[isV6 ? 16 : 4];
        random.NextBytes(destination);
        var request = NetlinkRequest.Create(RTM_NEWROUTE, 0, new RouteMessage
        {
            Family = (byte)(isV6 ? 10 : 2),
            DestinationLength = (byte)random.Next(isV6 ? 129 : 33),
            Table = RT_TABLE_MAIN,
            Type = RTN_UNICAST,
        });
        return request.Add(RTA_DST, destination).Add(RTA_OIF, (uint)Interface).Add(RTA_TABLE, 254)
            .Add(RTA_METRICS, NetlinkRequest.Nested(RTAX_MTU, BitConverter.GetBytes(random.Next(70_000))[..random.Next(5)])).ToMessage(1);
    }

    private struct NetlinkError
    {
        public int Code;
        public NetlinkHeader Request;
    }
}
