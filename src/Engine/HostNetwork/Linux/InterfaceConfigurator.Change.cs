using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Other settings for an interface that runs.</summary>
public sealed partial class InterfaceConfigurator
{
    /// <summary>Below it, the kernel takes IPv6 off an interface.</summary>
    private const int SmallestIPv6Mtu = 1280;

    /// <inheritdoc/>
    public HostNetworkChange Change(HostNetworkSettings wanted, bool dryRun)
    {
        lock (_lock)
        {
            if (_routes is not { } routes || _settings is not { } before)
                throw new InvalidOperationException("Nothing is applied.");
            var name = before.InterfaceName;
            if (wanted.InterfaceName != name)
                throw new InvalidOperationException($"The settings are for {wanted.InterfaceName}, not for {name}.");
            if (wanted.Table != before.Table)
                throw new HostNetworkException($"changing the table of {name}", "Table takes effect when the tunnel is started; stop it and start it again");
            RequireNameServersPossible(wanted);
            var link = FindLink(name);
            var mtu = MtuFor(wanted, before, link, routes);
            if (mtu < SmallestIPv6Mtu && mtu < link.Mtu && wanted.Table.Kind != RouteTableKind.Off && wanted.Routes.Any(r => r.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6))
                throw new HostNetworkException($"setting the MTU of {name} to {mtu}", $"IPv6, which leads into it, needs {SmallestIPv6Mtu}");
            if (!dryRun)
            {
                HostNetworkChange? done = null;
                _endpoints = null;
                KeepingSecondaries(link, () => done = Change(wanted, before, link, mtu, routes));
                WatchFirewall();
                return done!;
            }

            var (added, removed) = routes.Foresee(wanted.Routes, wanted.Addresses, [.. _addresses.Except(wanted.Addresses)]);
            return new HostNetworkChange(Sorted(added), Sorted(removed), link.Mtu, mtu);
        }
    }

    public void ChangeMark(uint mark, Action<uint> use, Action then)
    {
        lock (_lock)
        {
            if (_routes is not { } routes || _settings is not { } settings)
                throw new InvalidOperationException("Nothing is applied.");
            // Ways may be others by another mark.
            _endpoints = null;
            routes.ChangeMark(mark, use, then);
            _settings = settings with { FwMark = mark };
        }
    }

    private HostNetworkChange Change(HostNetworkSettings wanted, HostNetworkSettings before, LinkInfo link, int mtu, TunnelRoutes routes)
    {
        var prefixes = routes.Prefixes.ToHashSet();
        var undo = new Stack<Action>();
        // First, so that it comes last: MTU and addresses are as they were then, and what the kernel took along with them is missing.
        undo.Push(() => Restore(link, [.. before.Addresses], routes, prefixes));
        try
        {
            // A link that is too small has no IPv6.
            if (mtu > link.Mtu)
                ChangeMtu(link, mtu, undo);
            foreach (var address in wanted.Addresses.Except(_addresses).ToList())
            {
                AddAddress(link, address);
                undo.Push(() => RemoveAddress(link, address));
            }

            if (mtu < link.Mtu)
                ChangeMtu(link, mtu, undo);
            ChangeNameServers(wanted, before, undo);
            undo.Push(routes.Follow(wanted));
            LeaveAddresses(wanted, link, mtu, undo);
            routes.Refresh();
            routes.Update(wanted.Routes);
        }
        catch (HostNetworkException failure)
        {
            if (TakeBack(undo) is not { } left)
                throw;
            throw new HostNetworkException(failure.Step, failure.Reason, failure) { NotTakenBack = left.Message };
        }
        catch
        {
            TakeBack(undo);
            throw;
        }

        (_settings, _mtu, _addresses) = (wanted, mtu == link.Mtu && wanted.Mtu is null ? _mtu : mtu, [.. wanted.Addresses]);
        var now = routes.Prefixes.ToHashSet();
        return new HostNetworkChange(Sorted(now.Except(prefixes)), Sorted(prefixes.Except(now)), link.Mtu, mtu);
    }

    private void ChangeMtu(LinkInfo link, int mtu, Stack<Action> undo)
    {
        var before = _mtu;
        SetMtu(link, mtu);
        undo.Push(() =>
        {
            SetMtu(link, link.Mtu);
            _mtu = before;
        });
    }

    private int MtuFor(HostNetworkSettings wanted, HostNetworkSettings before, LinkInfo link, TunnelRoutes routes)
    {
        if (wanted.Mtu is { } given)
            return given;
        // Somebody has set another one by hand.
        return before.Mtu is null && link.Mtu != _mtu ? link.Mtu : FindMtu(wanted, wanted.Endpoints, routes.Mark, link);
    }

    private void ChangeNameServers(HostNetworkSettings wanted, HostNetworkSettings before, Stack<Action> undo)
    {
        if (wanted.DnsServers.SequenceEqual(before.DnsServers) && wanted.DnsSearchDomains.SequenceEqual(before.DnsSearchDomains))
            return;
        undo.Push(() => SetNameServers(before));
        // Set over those of before where it can be: in between names would be asked for elsewhere.
        if (wanted.DnsServers.Count == 0 || before.DnsServers.Count == 0)
            _resolver.Undo();
        SetNameServers(wanted);
        undo.Push(_resolver.Undo);
    }

    /// <summary>With an address the kernel may take others of its subnet and, with the last one, all routes.</summary>
    private void LeaveAddresses(HostNetworkSettings wanted, LinkInfo link, int mtu, Stack<Action> undo)
    {
        var leaving = _addresses.Except(wanted.Addresses).ToList();
        if (leaving.Count == 0 && mtu == link.Mtu)
            return;
        foreach (var address in leaving)
        {
            RemoveAddress(link, address);
            undo.Push(() => AddAddress(link, address));
        }

        foreach (var address in wanted.Addresses)
        {
            if (address.Address.AddressFamily == AddressFamily.InterNetwork || mtu >= SmallestIPv6Mtu)
                EnsureAddress(link, address);
        }
    }

    // With the last IPv4 address the kernel takes the routes, a default route too: for a moment packets would go in clear.
    private void KeepingSecondaries(LinkInfo link, Action change)
    {
        var key = Sysctl.PromoteSecondaries(link.Name);
        var before = "";
        Try(() =>
        {
            before = Sysctl.Read(key);
            Sysctl.Write(key, "1");
        });
        try
        {
            change();
        }
        finally
        {
            if (before == "0")
                Try(() => Sysctl.Write(key, before));
        }

        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (HostNetworkException failure)
            {
                // Where the settings cannot be written, or the interface has gone.
                _log.Verbose(failure.Message);
            }
        }
    }

    private void Restore(LinkInfo link, List<InterfaceAddress> addresses, TunnelRoutes routes, IReadOnlyCollection<IPNetwork> prefixes)
    {
        // Whatever fails of it, the routes are not left out.
        var steps = new Stack<Action>();
        steps.Push(() => routes.Update([.. prefixes]));
        steps.Push(routes.Refresh);
        foreach (var address in Enumerable.Reverse(addresses))
            steps.Push(() => EnsureAddress(link, address));
        var failure = TakeBack(steps);
        _addresses = addresses;
        if (failure is not null)
            throw failure;
    }

    private void EnsureAddress(LinkInfo link, InterfaceAddress address) => NetlinkStep.Run($"adding address {address} to {link.Name}", () =>
    {
        try
        {
            _netlink.AddAddress(link.Index, address);
        }
        catch (LinuxException failure) when (failure.ErrorCode == Errno.EEXIST)
        {
        }
    });

    /// <summary>Goes on after a failure; returns the last one.</summary>
    private HostNetworkException? TakeBack(Stack<Action> undo)
    {
        HostNetworkException? failure = null;
        while (undo.TryPop(out var step))
        {
            try
            {
                step();
            }
            catch (HostNetworkException secondary)
            {
                // The failure that led here is the one to tell.
                _log.Warning(secondary.Message);
                failure = secondary;
            }
        }

        return failure;
    }

    private static IReadOnlyList<IPNetwork> Sorted(IEnumerable<IPNetwork> prefixes) =>
        [.. prefixes.OrderBy(p => p.BaseAddress.AddressFamily).ThenByDescending(p => p.PrefixLength).ThenBy(p => p.ToString(), StringComparer.Ordinal)];
}
