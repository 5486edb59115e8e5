using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Makes the changes that would outlive the engine and takes them back, each with its line in the journal. Calls come
/// from threads in one network namespace, one at a time.
/// </summary>
internal sealed class HostChanges(RouteNetlink netlink, HostJournal journal, EngineLog log)
{
    private readonly string _netns = HostJournal.CurrentNamespace();

    /// <summary>There is something to take back.</summary>
    public bool Any => journal.Changes.Count > 0;

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
        FaultPoint.Reached();
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
        Forget(new TableChange(name));
    }

    /// <summary>Somebody's tunnel has to set it, or has set it.</summary>
    /// <exception cref="HostNetworkException"/>
    public bool IsOurs(string key, string value) => Sysctl.Read(key) != value || OfOthers(key, value) is not null;

    /// <summary>Remembers what it was, unless it is so already by nobody of ours.</summary>
    /// <exception cref="HostNetworkException"/>
    public void SetSysctl(string key, string value)
    {
        CheckNamespace();
        var current = Sysctl.Read(key);
        // Whoever is last to need it puts back what was there before the first.
        var other = OfOthers(key, value);
        if (current == value && other is null)
            return;
        Do(new SysctlChange(key, current == value ? other!.Before : current, value), $"setting {Sysctl.NameOf(key)} to {value}", () => Sysctl.Write(key, value));
    }

    /// <summary>As it was before, unless another tunnel needs it or somebody has changed it since.</summary>
    /// <exception cref="HostNetworkException"/>
    /// <param name="now">Its key by now, when its interface has got another name; null: the same.</param>
    public void RestoreSysctl(string key, string? now = null)
    {
        now ??= key;
        CheckNamespace();
        if (journal.Changes.OfType<SysctlChange>().FirstOrDefault(c => c.Key == key) is not { } change)
            return;
        // It goes with its interface.
        if (change.Before != change.After && Sysctl.Exists(now) && !IsOverruled(key)
            && !journal.ChangesOfOthers().OfType<SysctlChange>().Any(c => c.Key == key) && Sysctl.Read(now) == change.After)
            Sysctl.Write(now, change.Before);
        Forget(change);
    }

    /// <summary>Remembers that it is so, to tell later whether somebody has changed it.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Witness(string key, string value) => Do(new SysctlChange(key, value, value), $"remembering {Sysctl.NameOf(key)}", static () => { });

    /// <summary>It was off when a tunnel of ours began to need it for some interfaces, and is on for all of them now.</summary>
    /// <param name="keyOfAll">What <see cref="Witness"/> was called for.</param>
    /// <exception cref="HostNetworkException"/>
    public bool IsOnForAll(string keyOfAll) =>
        journal.Changes.Concat(journal.ChangesOfOthers()).OfType<SysctlChange>().Any(c => c.Key == keyOfAll && c.Before == c.After && c.After == "0")
        && Sysctl.Read(keyOfAll) == "1";

    /// <exception cref="HostNetworkException"/>
    public void Add(AcceptChange change) =>
        Do(change, $"letting packets of {change.Tunnel} pass {ForeignChains.NameOf(change.Family, change.Chain)}", () => ForeignChains.InsertAccepts(change));

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
            case SysctlChange { Key: var key }:
                RestoreSysctl(key);
                break;
            case ResolverRecord record:
                Remove(record, HostResolver.SearchPath);
                break;
        }
    }

    private SysctlChange? OfOthers(string key, string value) =>
        IsOverruled(key) ? null : journal.ChangesOfOthers().OfType<SysctlChange>().FirstOrDefault(c => c.Key == key && c.Before != c.After && c.After == value);

    // Whoever turns it on for all interfaces means each of them.
    private bool IsOverruled(string key) =>
        key.Split('/') is ["net", "ipv4", "conf", not "all", "forwarding"] && IsOnForAll(Sysctl.ForwardingIPv4("all"));

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
