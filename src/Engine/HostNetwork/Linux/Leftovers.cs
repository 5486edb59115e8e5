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

    /// <summary>In all namespaces but the calling thread's that the tunnel's engine was told to act in.</summary>
    /// <inheritdoc cref="TakeBackHere"/>
    public static int TakeBackElsewhere(string tunnel, string stateDirectory, EngineLog log, HostChoices? closed = null)
    {
        var here = HostJournal.CurrentNamespace();
        var count = 0;
        foreach (var journal in HostJournal.Elsewhere(stateDirectory, tunnel))
        {
            if (journal.Namespace != here)
                count += TakeBack(journal, tunnel, stateDirectory, log, closed);
        }

        return count;
    }

    /// <summary>There is something in the calling thread's namespace or another one.</summary>
    /// <exception cref="HostNetworkException"/>
    public static bool Any(string tunnel, string stateDirectory, Func<HostChange, bool> what) =>
        HostJournal.Open(stateDirectory, tunnel).Changes.Any(what) || HostJournal.Elsewhere(stateDirectory, tunnel).Any(journal => journal.Changes.Any(what));

    private static int TakeBack(JournalElsewhere journal, string tunnel, string stateDirectory, EngineLog log, HostChoices? closed)
    {
        try
        {
            using var netns = NamespaceHandle.Open(journal.Place);
            var count = netns.Run<int?>(() => HostJournal.CurrentNamespace() == journal.Namespace ? TakeBackHere(tunnel, stateDirectory, log, closed) : null);
            if (count is { } taken)
                return taken;
        }
        catch (LinuxException failure) when (failure.ErrorCode is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.EINVAL)
        {
        }
        catch (LinuxException failure)
        {
            throw new HostNetworkException($"entering the network namespace {journal.Place}", failure.Reason, failure);
        }

        // The namespace is gone, and all that was in it.
        File.Delete(journal.Path);
        return journal.Changes.Count;
    }
}
