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
        changes.Set(KillSwitch.Create(tunnel, closed));
        return changes.TakeBackAll(killSwitch).Count;
    }

    /// <summary>In all namespaces but the calling thread's that the tunnel's engine has acted in.</summary>
    /// <inheritdoc cref="TakeBackHere"/>
    public static int TakeBackElsewhere(string tunnel, string stateDirectory, EngineLog log, HostChoices? closed = null) =>
        HostJournal.Elsewhere(stateDirectory, tunnel).Sum(journal => TakeBack(journal, tunnel, stateDirectory, log, closed));

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

    private static int TakeBack(JournalElsewhere journal, string tunnel, string stateDirectory, EngineLog log, HostChoices? closed)
    {
        using var netns = Enter(journal);
        if (netns is not null)
            return netns.Run(() => TakeBackHere(tunnel, stateDirectory, log, closed));
        // Whoever is in it, or has it in sight, may still come.
        if (journal.Place is null)
            return 0;
        log.Warning($"the network namespace {journal.Place} is found neither by that name nor by another, nor by a process in it: what was left in it went with it, unless something else keeps it");
        File.Delete(journal.Path);
        return journal.Changes.Count;
    }

    private static NamespaceHandle? Enter(JournalElsewhere journal)
    {
        if (journal.Place is { } place)
        {
            try
            {
                // That it may be entered tells now.
                NamespaceHandle.Open(place).Dispose();
                if (NamespaceSearch.Open(place, journal.Namespace) is { } netns)
                    return netns;
            }
            catch (LinuxException failure) when (failure.ErrorCode is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.EINVAL)
            {
            }
            catch (LinuxException failure)
            {
                throw new HostNetworkException($"entering the network namespace {place}", failure.Reason, failure);
            }
        }

        return NamespaceSearch.Find(journal.Namespace);
    }
}
