using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>What an engine that is dead has left, in the calling thread's network namespace and in others. Behind the host's lock.</summary>
internal static class Leftovers
{
    /// <param name="closed">What a kill switch that is closed still lets pass; null: it is opened.</param>
    /// <returns>How much there was.</returns>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    public static int TakeBackHere(string tunnel, string stateDirectory, EngineLog log, HostChoices? closed = null)
    {
        using var netlink = new RouteNetlink();
        var changes = new HostChanges(netlink, HostJournal.Open(stateDirectory, tunnel), log);
        var killSwitch = new TableChange(KillSwitch.TableOf(tunnel));
        if (closed is null || !changes.Has(killSwitch))
            return changes.TakeBackAll().Count;
        CloseAgain(changes, tunnel, closed, log);
        return changes.TakeBackAll(killSwitch).Count;
    }

    /// <summary>In all namespaces but the calling thread's that the tunnel's engine has acted in.</summary>
    /// <param name="mayStay">What is in a namespace that this process may not enter is told, and stays.</param>
    /// <inheritdoc cref="TakeBackHere"/>
    public static int TakeBackElsewhere(string tunnel, string stateDirectory, EngineLog log, HostChoices? closed, bool mayStay) =>
        HostJournal.Elsewhere(stateDirectory, tunnel).Sum(journal => TakeBack(journal, tunnel, stateDirectory, log, closed, mayStay));

    /// <summary>A kill switch that an engine has left closed, here and wherever this process may enter, whatever has become of it since.</summary>
    /// <exception cref="HostNetworkException"/>
    public static void CloseAgain(string tunnel, string stateDirectory, EngineLog log, HostChoices choices)
    {
        var change = new TableChange(KillSwitch.TableOf(tunnel));
        CloseHere();
        foreach (var journal in HostJournal.Elsewhere(stateDirectory, tunnel).Where(journal => journal.Changes.Contains(change)))
        {
            using var netns = Enter(journal, out _);
            netns?.Run(CloseHere);
        }

        void CloseHere()
        {
            using var netlink = new RouteNetlink();
            var changes = new HostChanges(netlink, HostJournal.Open(stateDirectory, tunnel), log);
            if (changes.Has(change))
                CloseAgain(changes, tunnel, choices, log);
        }
    }

    /// <summary>A kill switch of the journal, whatever has become of it since.</summary>
    /// <exception cref="HostNetworkException"/>
    public static void CloseAgain(HostChanges changes, string tunnel, HostChoices choices, EngineLog log)
    {
        var wasOpen = KillSwitch.IsClosed(tunnel) == false;
        changes.Set(KillSwitch.Create(tunnel, choices));
        if (wasOpen)
            log.Warning($"the kill switch of {tunnel} had been left closed, but somebody else has taken it out of the firewall since; it is set again, but what it keeps out may have passed until now");
    }

    /// <exception cref="HostNetworkException"/>
    public static LeftKillSwitch? FindKillSwitch(string tunnel, string stateDirectory)
    {
        var change = new TableChange(KillSwitch.TableOf(tunnel));
        if (HostJournal.Open(stateDirectory, tunnel).Changes.Contains(change))
            return new LeftKillSwitch(HostPlace.NameOf(null), KillSwitch.IsClosed(tunnel));
        foreach (var journal in HostJournal.Elsewhere(stateDirectory, tunnel).Where(journal => journal.Changes.Contains(change)))
        {
            using var netns = (journal.Place is { } place ? NamespaceSearch.Open(place, journal.Namespace) : null) ?? NamespaceSearch.Find(journal.Namespace);
            if ((journal.Place ?? netns?.Path) is { } path)
                return new LeftKillSwitch(HostPlace.NameOf(path), netns?.Run(() => KillSwitch.IsClosed(tunnel)));
        }

        return null;
    }

    /// <summary>There is something in the calling thread's namespace or another one.</summary>
    /// <returns>Where, for people; null: nowhere.</returns>
    /// <exception cref="HostNetworkException"/>
    public static string? Find(string tunnel, string stateDirectory, Func<HostChange, bool> what) =>
        HostJournal.Open(stateDirectory, tunnel).Changes.Any(what) ? HostPlace.NameOf(null) : FindElsewhere(tunnel, stateDirectory, what);

    /// <inheritdoc cref="Find"/>
    public static string? FindElsewhere(string tunnel, string stateDirectory, Func<HostChange, bool> what)
    {
        foreach (var journal in HostJournal.Elsewhere(stateDirectory, tunnel).Where(journal => journal.Changes.Any(what)))
        {
            if (journal.Place is not null)
                return HostPlace.NameOf(journal.Place);
            using var netns = NamespaceSearch.Find(journal.Namespace);
            if (netns is not null)
                return HostPlace.NameOf(netns.Path);
        }

        return null;
    }

    /// <summary>As <see cref="IHostNetwork.LetLookUpsPass"/>, in the calling thread's namespace.</summary>
    /// <exception cref="HostNetworkException"/>
    public static void LetLookUpsPass(string tunnel, string stateDirectory, EngineLog log, HostChoices choices, bool pass)
    {
        using var netlink = new RouteNetlink();
        var changes = new HostChanges(netlink, HostJournal.Open(stateDirectory, tunnel), log);
        if (changes.Has(new TableChange(KillSwitch.TableOf(tunnel))))
            changes.Set(pass ? KillSwitch.ForLookUps(tunnel, choices) : KillSwitch.Create(tunnel, choices));
    }

    private static int TakeBack(JournalElsewhere journal, string tunnel, string stateDirectory, EngineLog log, HostChoices? closed, bool mayStay)
    {
        using var netns = Enter(journal, out var refusal);
        if (netns is not null)
            return netns.Run(() => TakeBackHere(tunnel, stateDirectory, log, closed));
        // Whoever is in it, or has it in sight, may still come.
        if (journal.Place is not { } place)
            return 0;
        // A process that nobody here may look at (a container's first, say) is no reason never to forget.
        if (refusal is not (null or { ErrorCode: Errno.EACCES }) && !mayStay)
            throw new HostNetworkException($"entering the network namespace {place}", refusal.Reason, refusal);
        if (refusal is not null && mayStay)
        {
            log.Warning($"what an engine of {tunnel} has left in the network namespace {place} stays, a closed kill switch if it had one, because this process cannot look there ({refusal.Reason}); `wireguard-engine down {tunnel}` takes it back while {tunnel} does not run");
            return 0;
        }

        log.Warning($"the network namespace {place} is found neither by that name nor by another, nor by a process in it: what was left in it went with it, unless something else keeps it");
        File.Delete(journal.Path);
        return journal.Changes.Count;
    }

    /// <param name="refusal">Why it may be there although it was not found; null: it was, or all there is was looked at.</param>
    private static NamespaceHandle? Enter(JournalElsewhere journal, out LinuxException? refusal)
    {
        refusal = null;
        if (journal.Place is { } place && NamespaceSearch.Open(place, journal.Namespace, ref refusal) is { } netns)
            return netns;
        return NamespaceSearch.Find(journal.Namespace, ref refusal);
    }
}
