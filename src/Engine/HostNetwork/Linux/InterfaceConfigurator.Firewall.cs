using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.HostNetwork;

/// <summary>The kill switch while nothing is applied, and the firewall's rules when somebody else takes them away.</summary>
public sealed partial class InterfaceConfigurator
{
    private Forwarding? _forwarding;
    private FirewallMonitor? _firewall;

    /// <summary>What the kill switch lets pass while nothing is applied.</summary>
    private HostChoices _closed = HostChoices.None;

    public bool HasKillSwitch => _changes.Has(_killSwitch);

    public bool HasKillSwitchElsewhere => Leftovers.FindElsewhere(_tunnel, _stateDirectory, _killSwitch.Equals) is not null;

    /// <summary>A kill switch that an engine of the tunnel has closed, alive or dead; null: none.</summary>
    /// <exception cref="HostNetworkException">It cannot be told.</exception>
    public static LeftKillSwitch? FindKillSwitch(string tunnel, string stateDirectory) => Leftovers.FindKillSwitch(tunnel, stateDirectory);

    /// <summary>A kill switch that an engine of the tunnel has left closed is closed again, whatever has become of it since.</summary>
    /// <param name="isAlive">Asked when nobody else can change anything any more: the engine that lives sees to it itself.</param>
    /// <exception cref="HostNetworkException"/>
    public static void CloseAgain(string tunnel, string stateDirectory, EngineLog log, Func<bool> isAlive, HostChoices choices)
    {
        if (Leftovers.Find(tunnel, stateDirectory, new TableChange(KillSwitch.TableOf(tunnel)).Equals) is null)
            return;
        using var alone = HostLock.Take(stateDirectory);
        if (!isAlive())
            Leftovers.CloseAgain(tunnel, stateDirectory, log, choices);
    }

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

    /// <summary>Whatever has become of a kill switch since an engine has left it closed, it is closed from here on.</summary>
    /// <exception cref="HostNetworkException"/>
    private void CloseAgain(HostChoices choices)
    {
        _closed = choices;
        if (!_changes.Has(_killSwitch))
            return;
        Leftovers.CloseAgain(_changes, _tunnel, choices, _log);
        WatchFirewall();
    }

    /// <summary>Once nothing is applied any more. The tunnel's mark may be another's from now on.</summary>
    /// <exception cref="HostNetworkException"/>
    private void StayClosed()
    {
        _changes.Set(KillSwitch.Create(_tunnel, _closed));
        WatchFirewall();
        _log.Warning($"the kill switch stays closed: nothing leaves {_place.Name} until {_tunnel} is started again, or taken down by `wireguard-engine down {_tunnel}` or Stop-WgTunnel");
    }

    /// <summary>From the first table on, which most tunnels do not have. What is done is done without it, too.</summary>
    private void WatchFirewall()
    {
        if (_firewall is not null || !_changes.HasTables)
            return;
        try
        {
            FirewallMonitor? monitor = null;
            monitor = new FirewallMonitor(_log, () => Restore(monitor!), () => RenewAccepts(monitor!));
            NetlinkStep.Run("listening for changes of the firewall", monitor.Start);
            _firewall = monitor;
            // Whatever happened before there was anybody who listened.
            foreach (var sentence in Restore(monitor))
                _log.Warning(sentence);
            foreach (var sentence in RenewAccepts(monitor))
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
            return _firewall == monitor ? _changes.RestoreTables() : [];
    }

    private IReadOnlyList<string> RenewAccepts(FirewallMonitor monitor)
    {
        lock (_lock)
            return _firewall == monitor && _forwarding is { } forwarding ? forwarding.RenewAccepts() : [];
    }
}
