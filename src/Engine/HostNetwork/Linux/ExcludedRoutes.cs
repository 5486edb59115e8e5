using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Networks that are reached around the tunnel. Routes into it are made for the rest of the allowed IPs; a default route stays whole, and
/// policy rules before its own lead what is left out to the main table. So the tunnel's own datagrams never meet a route into it.
/// </summary>
internal sealed class ExcludedRoutes(RouteNetlink netlink, HostChanges changes, IReadOnlyList<IPNetwork> excluded)
{
    // Room for the rules of default routes, which go before all others that they find.
    private const uint Distance = 100;
    private const uint LowestOfKernel = 32766;

    public bool Any => excluded.Count > 0;

    /// <summary>The prefixes without what is left out; a default route as it is.</summary>
    public IEnumerable<IPNetwork> Without(IEnumerable<IPNetwork> wanted) => excluded.Count == 0 ? wanted
        : wanted.SelectMany(prefix => prefix.PrefixLength == 0 ? [prefix] : PrefixSet.Subtract([prefix], excluded));

    /// <summary>In force for as long as the tunnel is, with a default route or without.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Enable()
    {
        foreach (var family in excluded.GroupBy(prefix => prefix.BaseAddress.AddressFamily))
        {
            var priority = Priority(family.Key);
            foreach (var prefix in family.Distinct())
                changes.Add(new PolicyRule(family.Key, priority, RT_TABLE_MAIN, null) { To = prefix });
        }
    }

    /// <summary>Goes on after a failure and throws the last one.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Disable()
    {
        HostNetworkException? failure = null;
        foreach (var rule in changes.Exceptions().ToList())
        {
            try
            {
                changes.Remove(rule);
            }
            catch (HostNetworkException refused)
            {
                failure = refused;
            }
        }

        if (failure is not null)
            throw failure;
    }

    private uint Priority(AddressFamily family)
    {
        var lowest = LowestOfKernel;
        NetlinkStep.Run("listing the policy rules", () =>
        {
            foreach (var rule in netlink.Rules())
            {
                if (rule.Family == family && rule.Priority != 0)
                    lowest = Math.Min(lowest, rule.Priority);
            }
        });
        return lowest > Distance ? lowest - Distance : 1;
    }
}
