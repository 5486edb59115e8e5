using System.Net.Sockets;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetlinkConstants;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;
using static WireGuard.Engine.Interop.Linux.Netlink.RuleConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>What is to be known of any policy rule, to keep out of its way.</summary>
internal readonly record struct RuleInfo(AddressFamily Family, uint Priority, uint Table, uint Mark);

internal sealed unsafe partial class RouteNetlink
{
    /// <summary>Of both families; a kernel without IPv6 has none of its.</summary>
    public List<RuleInfo> Rules()
    {
        List<RuleInfo> rules = [];
        foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            try
            {
                var request = NetlinkRequest.Create(RTM_GETRULE, 0, new RuleMessage { Family = NumberOf(family) });
                rules.AddRange(_socket.Dump<RuleInfo>(request, "RTM_GETRULE", (message, found) =>
                {
                    if (message.Header.Type == RTM_NEWRULE && message.TryRead(out RuleMessage rule) && rule.Family == NumberOf(family))
                        found.Add(Parse(family, rule, message.AttributesAfter(sizeof(RuleMessage))));
                }));
            }
            catch (NetlinkException failure) when (failure.ErrorCode is Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP)
            {
            }
        }

        return rules;
    }

    public void AddRule(PolicyRule rule) =>
        _socket.Execute(RuleRequest(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule), "RTM_NEWRULE");

    /// <summary>Deletes that rule and none that differs from it in anything.</summary>
    public void DeleteRule(PolicyRule rule) =>
        _socket.Execute(RuleRequest(RTM_DELRULE, 0, rule), "RTM_DELRULE");

    /// <summary>The tables that have a route of any kind, but the kernel's own three.</summary>
    public HashSet<uint> TablesWithRoutes()
    {
        var request = NetlinkRequest.Create(RTM_GETROUTE, 0, default(RouteMessage));
        var tables = new HashSet<uint>();
        _ = _socket.Dump<uint>(request, "RTM_GETROUTE", (message, list) =>
        {
            if (message.Header.Type == RTM_NEWROUTE && message.TryRead(out RouteMessage route))
                tables.Add(message.AttributesAfter(sizeof(RouteMessage)).UInt32(RTA_TABLE) ?? route.Table);
        });
        tables.ExceptWith([RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL]);
        return tables;
    }

    private static NetlinkRequest RuleRequest(ushort type, ushort flags, PolicyRule rule)
    {
        var request = NetlinkRequest.Create(type, flags, new RuleMessage
        {
            Family = NumberOf(rule.Family),
            DestinationLength = (byte)(rule.To?.PrefixLength ?? 0),
            Action = FR_ACT_TO_TBL,
            Table = rule.Table <= byte.MaxValue ? (byte)rule.Table : RT_TABLE_UNSPEC,
            Flags = rule.ExceptMark is null ? 0 : FIB_RULE_INVERT,
        }).Add(FRA_PRIORITY, rule.Priority).Add(FRA_TABLE, rule.Table);
        if (rule.To is { } destination)
            return request.Add(FRA_DST, destination.BaseAddress.GetAddressBytes());
        return (rule.ExceptMark ?? rule.OnlyMark) is { } mark
            ? request.Add(FRA_FWMARK, mark).Add(FRA_FWMASK, uint.MaxValue)
            : rule.TakesAll ? request
            : request.Add(FRA_SUPPRESS_PREFIXLEN, 0);
    }

    private static RuleInfo Parse(AddressFamily family, RuleMessage rule, NetlinkAttributes attributes) => new(
        family,
        attributes.UInt32(FRA_PRIORITY) ?? 0,
        attributes.UInt32(FRA_TABLE) ?? rule.Table,
        attributes.UInt32(FRA_FWMARK) ?? 0);

    private static byte NumberOf(AddressFamily family) => (byte)(family == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET);
}
