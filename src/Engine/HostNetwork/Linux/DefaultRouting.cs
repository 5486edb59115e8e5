using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Leads everything into a tunnel but the tunnel's own datagrams: a table of its own for the default route, policy rules
/// that ask it for whatever does not carry the tunnel's mark, and what the reverse path filter needs to agree. A family
/// at a time. Every step can be taken back, by this object or from the journal.
/// </summary>
/// <param name="isApart">The tunnel's own datagrams are in another namespace: nothing has to be told from them by a mark.</param>
internal sealed partial class DefaultRouting(RouteNetlink netlink, HostChanges changes, string stateDirectory, HostNetworkSettings initial, EngineLog log, bool isApart = false)
{
    /// <summary>Where the search for a free table and mark begins, as wg-quick's does.</summary>
    private const uint FirstNumber = 51820;

    private const int RulesOfFamily = 2;

    private readonly Dictionary<AddressFamily, PolicyRule[]> _rules = [];
    private HashSet<AddressFamily> _prepared = [];
    private HostNetworkSettings _settings = initial;
    private bool _marked;
    private bool _holdsMark;
    private uint _mark;

    /// <summary>The table of the default routes; of meaning once <see cref="Prepare"/> was called.</summary>
    public uint Table { get; private set; }

    /// <summary>What the tunnel's own datagrams carry; 0: nothing.</summary>
    public uint Mark => _marked ? _mark : _settings.FwMark;

    /// <summary>Held while anything is changed here, so that no two engines take the same numbers.</summary>
    /// <exception cref="HostNetworkException"/>
    public IDisposable Lock() => HostLock.Take(stateDirectory);

    /// <summary>Mark, sysctl and firewall for these families; no packet takes another way yet.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Prepare(IReadOnlyCollection<AddressFamily> families)
    {
        if (families.Count == 0 || _prepared.IsSupersetOf(families))
            return;
        ChooseNumbers();
        if (!isApart)
            TakeMark();

        // Before it is so: what fails half-way is to be taken back.
        _prepared.UnionWith(families);
        SetFirewall(_prepared);
        if (!isApart && families.Contains(AddressFamily.InterNetwork))
            changes.SetSysctl(Sysctl.SourceValidMark, "1");
    }

    /// <summary>The tunnel's own datagrams carry a mark from now on, default route or not.</summary>
    /// <exception cref="HostNetworkException"/>
    public void HoldMark()
    {
        using var alone = Lock();
        _holdsMark = true;
        TakeMark();
    }

    /// <summary>Ends what <see cref="HoldMark"/> began; a default route still has its mark.</summary>
    public void ReleaseMark()
    {
        _holdsMark = false;
        if (_prepared.Count > 0 || !_marked)
            return;
        _settings.UseMark(_settings.FwMark);
        _marked = false;
    }

    /// <summary>Packets of the family take the table's routes from now on.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Enable(AddressFamily family)
    {
        if (_rules.TryGetValue(family, out var there) && there.Length == RulesOfFamily)
            return;
        // What a failure has left of them would not be before the new ones.
        Disable(family);
        var priority = FreePriority(family);
        PolicyRule[] rules =
        [
            // First: between the two, routes of the main table still come before the tunnel's.
            new PolicyRule(family, priority - 1, RT_TABLE_MAIN, null),
            isApart ? new PolicyRule(family, priority, Table, null) { TakesAll = true } : new PolicyRule(family, priority, Table, _mark),
        ];
        foreach (var rule in rules)
        {
            changes.Add(rule);
            _rules[family] = [.. _rules.GetValueOrDefault(family) ?? [], rule];
        }
    }

    /// <exception cref="HostNetworkException"/>
    public void Disable(AddressFamily family)
    {
        foreach (var rule in Enumerable.Reverse(_rules.GetValueOrDefault(family) ?? []))
        {
            changes.Remove(rule);
            _rules[family] = [.. _rules[family].Where(other => other != rule)];
        }

        _ = _rules.Remove(family);
    }

    /// <summary>Takes back what was prepared for others than these families.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Keep(IReadOnlyCollection<AddressFamily> families)
    {
        // Nothing was prepared and nothing is asked for, as with most tunnels: a query would have to be compiled first.
        if (_prepared.Count == 0 && families.Count == 0 && !_marked)
            return;
        var kept = _prepared.Intersect(families).ToHashSet();
        if (kept.Count == _prepared.Count && (kept.Count > 0 || !_marked || _holdsMark))
            return;
        // Before it is so: what fails half-way is prepared anew by who needs it.
        _prepared = kept;
        if (!kept.Contains(AddressFamily.InterNetwork))
            changes.RestoreSysctl(Sysctl.SourceValidMark);
        if (kept.Count > 0)
        {
            SetFirewall(kept);
        }
        else
        {
            changes.RemoveTable(TunnelFirewall.TableOf(_settings.InterfaceName));
            if (_marked && !_holdsMark)
            {
                _settings.UseMark(_settings.FwMark);
                _marked = false;
            }
        }
    }

    private void TakeMark()
    {
        ChooseNumbers();
        if (_marked)
            return;
        _settings.UseMark(_mark);
        _marked = true;
    }

    private void SetFirewall(IReadOnlyCollection<AddressFamily> families)
    {
        var table = TunnelFirewall.Create(_settings.InterfaceName, _settings.Addresses.Where(a => families.Contains(a.Address.AddressFamily)), isApart ? null : _mark);
        try
        {
            changes.Set(table);
        }
        catch (HostNetworkException failure) when (failure.InnerException is LinuxException { ErrorCode: Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT or Errno.EAFNOSUPPORT or Errno.ENOENT })
        {
            log.Warning($"{_settings.InterfaceName}: {failure.Message}. Without nftables nothing keeps packets for the tunnel's addresses from coming in by other interfaces, and a strict reverse path filter (rp_filter=1) drops the tunnel's own.");
        }
    }

    private void ChooseNumbers()
    {
        if (_mark != 0)
            return;
        var taken = new HashSet<uint>();
        NetlinkStep.Run("looking for a free routing table", () =>
        {
            taken = netlink.TablesWithRoutes();
            foreach (var rule in netlink.Rules())
                taken.UnionWith([rule.Table, rule.Mark]);
        });
        taken.UnionWith([RT_TABLE_UNSPEC, RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL]);
        var free = FirstNumber;
        while (taken.Contains(free))
            free++;
        _mark = _settings.FwMark != 0 ? _settings.FwMark : free;
        Table = _settings.FwMark != 0 && !taken.Contains(_settings.FwMark) ? _settings.FwMark : free;
    }

    /// <summary>Before all rules of others but the first, which is the kernel's for its own addresses; so is the number below.</summary>
    private uint FreePriority(AddressFamily family)
    {
        var lowest = uint.MaxValue;
        // Those that lead around the tunnel stay before those that lead into it.
        var exceptions = changes.Exceptions().Select(rule => rule.Priority).ToHashSet();
        NetlinkStep.Run("listing the policy rules", () =>
        {
            foreach (var rule in netlink.Rules())
            {
                if (rule.Family == family && rule.Priority != 0 && !exceptions.Contains(rule.Priority))
                    lowest = Math.Min(lowest, rule.Priority);
            }
        });
        return lowest == uint.MaxValue ? 32765
            : lowest > 2 ? lowest - 1
            : throw new HostNetworkException($"adding policy rules for {_settings.InterfaceName}", $"there is no room before the rule of priority {lowest}; give that one a higher number");
    }
}
