using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Makes the changes that would outlive the engine and takes them back, each with its line in the journal. Calls come
/// from threads in one network namespace, one at a time.
/// </summary>
internal sealed class HostChanges(RouteNetlink netlink, HostJournal journal, EngineLog log)
{
    private readonly string _netns = HostJournal.CurrentNamespace();

    // As the kernel had them when they were set; null: not all of it was there any more.
    private readonly Dictionary<string, (FirewallTable Table, TablePicture? Picture)> _tables = [];

    /// <summary>There is something to take back.</summary>
    public bool Any => journal.Changes.Count > 0;

    /// <summary>There are tables that <see cref="RestoreTables"/> looks after.</summary>
    public bool HasTables => _tables.Count > 0;

    /// <exception cref="HostNetworkException"/>
    public void Add(PolicyRule rule)
    {
        Do(new RuleChange(rule), $"adding {rule}", () => netlink.AddRule(rule));
    }

    /// <exception cref="HostNetworkException"/>
    public void Remove(PolicyRule rule)
    {
        CheckNamespace();
        NetlinkStep.RunIfStillThere($"removing {rule}", () => netlink.DeleteRule(rule));
        Forget(new RuleChange(rule));
    }

    /// <summary>Makes the table, or puts it in the place of ours of that name.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Set(FirewallTable table)
    {
        var change = new TableChange(table.Name);
        if (!journal.Changes.Contains(change))
            Do(change, $"creating the nftables table inet {table.Name}", table.Create);
        else
            NetlinkStep.Run($"replacing the nftables table inet {table.Name}", table.Replace);
        Remember(table);
        FaultPoint.Reached();
    }

    /// <summary>Sets again, whole, what somebody else has taken away or changed of the tables that were set here.</summary>
    /// <returns>What there is to say of it, a sentence each.</returns>
    /// <exception cref="HostNetworkException"/>
    public IReadOnlyList<string> RestoreTables()
    {
        CheckNamespace();
        List<string> restored = [];
        foreach (var (table, picture) in _tables.Values.ToList())
        {
            if (picture is not null && Look(table.Name)?.HasAllOf(picture) == true)
                continue;
            NetlinkStep.Run($"setting the nftables table inet {table.Name} again", table.Replace);
            Remember(table);
            restored.Add($"somebody else has taken away or changed the nftables table inet {table.Name}; it is set again, but what it keeps out may have passed until now");
        }

        return restored;
    }

    /// <exception cref="HostNetworkException"/>
    public void RemoveTable(string name)
    {
        // Where there is no nf_tables there is no table either.
        if (!journal.Changes.Contains(new TableChange(name)))
            return;
        CheckNamespace();
        if (ForwardFirewall.IsTable(name) && journal.Changes.OfType<SysctlChange>().FirstOrDefault(c => c.Key != Sysctl.SourceValidMark && c.Before != c.After) is { } open)
            throw new HostNetworkException($"deleting the nftables table inet {name}", $"it keeps out what this host would pass on while {Sysctl.NameOf(open.Key)} is not put back");
        NetlinkStep.RunIfStillThere($"deleting the nftables table inet {name}", () => FirewallTable.Delete(name));
        _tables.Remove(name);
        Forget(new TableChange(name));
    }

    /// <summary>Somebody's tunnel has to set it, or has set it.</summary>
    /// <param name="link">Index of the interface whose it is; 0: nobody's.</param>
    /// <exception cref="HostNetworkException"/>
    public bool IsOurs(string key, string value, int link = 0) =>
        Sysctl.Read(key) != value
        || (Find(key, link) is { } change && change.Before != change.After && change.After == value)
        || OfOthers(key, value, link) is not null;

    /// <summary>Remembers what it was, unless it is so already by nobody of ours.</summary>
    /// <param name="link">Index of the interface whose it is, by which it is found again; 0: nobody's.</param>
    /// <exception cref="HostNetworkException"/>
    public void SetSysctl(string key, string value, int link = 0)
    {
        CheckNamespace();
        var current = Sysctl.Read(key);
        // Whoever is last to need it puts back what was there before the first.
        var other = OfOthers(key, value, link);
        if (current == value && other is null)
            return;
        var change = Find(key, link) is { } known && known.Before != known.After && known.After == value ? known
            : new SysctlChange(key, current == value ? other!.Before : current, value) { Link = link };
        Do(change, $"setting {Sysctl.NameOf(key)} to {value}", () => Sysctl.Write(key, value));
    }

    /// <summary>As it was before, unless another tunnel needs it or somebody has changed it since.</summary>
    /// <exception cref="HostNetworkException"/>
    public void RestoreSysctl(string key)
    {
        CheckNamespace();
        if (Find(key, 0) is { } change)
            Restore(change);
    }

    /// <inheritdoc cref="RestoreSysctl(string)"/>
    public void Restore(SysctlChange change)
    {
        CheckNamespace();
        // It goes with its interface.
        if (change.Before != change.After && PresentKey(change) is { } key && Sysctl.Exists(key) && !IsOverruled(journal.Changes, key)
            && OfOthers(change.Key, change.After, change.Link) is null && Sysctl.Read(key) == change.After)
            Sysctl.Write(key, change.Before);
        Forget(change);
    }

    /// <summary>Remembers that it is so, to tell later whether somebody has changed it.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Witness(string key, string value) => Do(new SysctlChange(key, value, value), $"remembering {Sysctl.NameOf(key)}", static () => { });

    /// <summary>It was off when this tunnel began to need it for some interfaces, and is on for all of them now.</summary>
    /// <param name="keyOfAll">What <see cref="Witness"/> was called for.</param>
    /// <exception cref="HostNetworkException"/>
    public bool IsOnForAll(string keyOfAll) => IsOnForAll(journal.Changes, keyOfAll);

    /// <exception cref="HostNetworkException"/>
    public void Add(AcceptChange change) =>
        Do(change, $"letting packets of {change.Tunnel} pass {ForeignChains.NameOf(change.Family, change.Chain)}", () =>
        {
            // Somebody may have left one of the two.
            ForeignChains.DeleteAccepts(change);
            ForeignChains.InsertAccepts(change);
        });

    /// <exception cref="HostNetworkException"/>
    public void Remove(AcceptChange change)
    {
        CheckNamespace();
        NetlinkStep.RunIfStillThere($"removing the rules of {change.Tunnel} from {ForeignChains.NameOf(change.Family, change.Chain)}", () => ForeignChains.DeleteAccepts(change));
        Forget(change);
    }

    /// <summary>Those of this kind, the latest first.</summary>
    public IReadOnlyList<T> Latest<T>()
        where T : HostChange => [.. journal.Changes.OfType<T>().Reverse()];

    /// <exception cref="HostNetworkException"/>
    public void Add(ResolverRecord record, string step, Action add) => Do(record, step, add);

    /// <param name="searchPath">Where resolvconf may be.</param>
    /// <exception cref="HostNetworkException"/>
    public void Remove(ResolverRecord record, string searchPath)
    {
        CheckNamespace();
        // Without the program there is nobody who would read the record.
        HostProgram.Find("resolvconf", searchPath)?.Run($"taking back the name servers of {record.Name}", ["-d", record.Name, "-f"]);
        Forget(record);
    }

    /// <summary>The rules that lead around the tunnel.</summary>
    public IEnumerable<PolicyRule> Exceptions() => journal.Changes.OfType<RuleChange>().Select(change => change.Rule).Where(rule => rule.To is not null);

    public bool Has(HostChange change) => journal.Changes.Contains(change);

    /// <summary>Takes back whatever is in the journal, the latest first; goes on after a failure and throws the last one.</summary>
    /// <param name="except">What stays.</param>
    /// <returns>What was taken back.</returns>
    /// <exception cref="HostNetworkException"/>
    public IReadOnlyList<HostChange> TakeBackAll(HostChange? except = null)
    {
        var taken = new List<HostChange>();
        HostNetworkException? failure = null;
        foreach (var change in journal.Changes.Reverse().Where(change => change != except).ToList())
        {
            try
            {
                TakeBack(change);
                taken.Add(change);
            }
            catch (HostNetworkException refused)
            {
                log.Warning(refused.Message);
                failure = refused;
            }
        }

        return failure is null ? taken : throw failure;
    }

    private void Remember(FirewallTable table) => _tables[table.Name] = (table, Look(table.Name) is { } picture && picture.IsWhole(table) ? picture : null);

    private static TablePicture? Look(string table)
    {
        TablePicture? picture = null;
        NetlinkStep.Run($"looking at the nftables table inet {table}", () => picture = TablePicture.Take(table));
        return picture;
    }

    private void TakeBack(HostChange change)
    {
        switch (change)
        {
            case RuleChange { Rule: var rule }:
                Remove(rule);
                break;
            case TableChange { Name: var name }:
                RemoveTable(name);
                break;
            case AcceptChange accept:
                Remove(accept);
                break;
            case SysctlChange setting:
                Restore(setting);
                break;
            case ResolverRecord record:
                Remove(record, HostResolver.SearchPath);
                break;
        }
    }

    private SysctlChange? Find(string key, int link)
    {
        var wanted = new SysctlChange(key, "", "") { Link = link };
        return journal.Changes.OfType<SysctlChange>().FirstOrDefault(wanted.IsOfSameSetting);
    }

    private SysctlChange? OfOthers(string key, string value, int link)
    {
        var wanted = new SysctlChange(key, "", "") { Link = link };
        return journal.ChangesOfOthers().Where(changes => !IsOverruled(changes, key)).SelectMany(changes => changes).OfType<SysctlChange>()
            .FirstOrDefault(c => wanted.IsOfSameSetting(c) && c.Before != c.After && c.After == value);
    }

    // An interface keeps its index when it gets another name, and one that is made anew under the same name has another.
    private string? PresentKey(SysctlChange change)
    {
        if (change.Link == 0)
            return change.Key;
        LinkInfo? link = null;
        NetlinkStep.RunIfStillThere($"looking up the interface of {Sysctl.NameOf(change.Key)}", () => link = netlink.FindLink(change.Link));
        return link is { } now ? Sysctl.OfInterface(change.Key, now.Name) : null;
    }

    // Each tunnel by its own witness: another's may be of a time when all was otherwise.
    private static bool IsOnForAll(IReadOnlyList<HostChange> changes, string keyOfAll) =>
        changes.OfType<SysctlChange>().Any(c => c.Key == keyOfAll && c.Before == c.After && c.After == "0") && Sysctl.Read(keyOfAll) == "1";

    // Whoever turns it on for all interfaces means each of them.
    private static bool IsOverruled(IReadOnlyList<HostChange> changes, string key) =>
        key.Split('/') is ["net", "ipv4", "conf", not "all", "forwarding"] && IsOnForAll(changes, Sysctl.ForwardingIPv4("all"));

    private void Do(HostChange change, string step, Action action)
    {
        CheckNamespace();
        var wasThere = journal.Changes.Contains(change);
        journal.Record(change);
        FaultPoint.Reached();
        try
        {
            NetlinkStep.Run(step, action);
        }
        catch when (!wasThere)
        {
            Forget(change);
            throw;
        }

        FaultPoint.Reached();
    }

    private void Forget(HostChange change)
    {
        FaultPoint.Reached();
        try
        {
            journal.Forget(change);
        }
        catch (HostNetworkException failure)
        {
            // The change itself was taken back; to take it back once more, after a kill, finds nothing there.
            log.Warning(failure.Message);
        }

        FaultPoint.Reached();
    }

    // Firewall and sysctls are those of the calling thread, routes and rules those of the thread that opened the socket.
    private void CheckNamespace()
    {
        if (HostJournal.CurrentNamespace() != _netns)
            throw new InvalidOperationException("The thread is in another network namespace than the one whose host this is.");
    }
}
