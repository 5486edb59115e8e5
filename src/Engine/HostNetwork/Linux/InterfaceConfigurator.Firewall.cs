namespace WireGuard.Engine.HostNetwork;

/// <summary>The kill switch while nothing is applied, and the firewall's rules when somebody else takes them away.</summary>
public sealed partial class InterfaceConfigurator
{
    private Forwarding? _forwarding;
    private FirewallMonitor? _firewall;

    public bool HasKillSwitch => _changes.Has(_killSwitch);

    public bool HasKillSwitchElsewhere => Leftovers.FindElsewhere(_tunnel, _stateDirectory, _killSwitch.Equals) is not null;

    /// <summary>Where a kill switch of the tunnel is closed, whether its engine is alive or not, for people; null: nowhere.</summary>
    /// <exception cref="HostNetworkException">It cannot be told.</exception>
    public static string? FindKillSwitch(string tunnel, string stateDirectory) =>
        Leftovers.Find(tunnel, stateDirectory, new TableChange(KillSwitch.TableOf(tunnel)).Equals);

    public void LetLookUpsPass(HostChoices choices, bool pass)
    {
        lock (_lock)
        {
            if (_routes is not null)
                return;
            // Names are looked up in the engine's namespace. What is closed elsewhere is in nobody's way.
            if (_place.Engine is { } engine)
            {
                engine.Run(() => Leftovers.LetLookUpsPass(_tunnel, _stateDirectory, _log, choices, pass));
                return;
            }

            if (!_changes.Has(_killSwitch))
                return;
            _changes.Set(pass ? KillSwitch.ForLookUps(_tunnel, choices) : KillSwitch.Create(_tunnel, choices));
            WatchFirewall();
        }
    }

    /// <summary>From the first table on, which most tunnels do not have. What is done is done without it, too.</summary>
    private void WatchFirewall()
    {
        if (_firewall is not null || !_changes.HasTables)
            return;
        try
        {
            FirewallMonitor? monitor = null;
            monitor = new FirewallMonitor(() => Restore(monitor!), _log);
            NetlinkStep.Run("listening for changes of the firewall", monitor.Start);
            _firewall = monitor;
            // Whatever happened before there was anybody who listened.
            foreach (var sentence in Restore(monitor))
                _log.Warning(sentence);
        }
        catch (HostNetworkException failure)
        {
            _log.Error(failure.Message);
        }
    }

    private void IgnoreFirewall()
    {
        _firewall?.Stop();
        _firewall = null;
        _forwarding = null;
    }

    private IReadOnlyList<string> Restore(FirewallMonitor monitor)
    {
        lock (_lock)
            return _firewall == monitor ? [.. _changes.RestoreTables(), .. _forwarding?.RenewAccepts() ?? []] : [];
    }
}
