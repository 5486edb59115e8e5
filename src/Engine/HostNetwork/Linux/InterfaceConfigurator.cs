using System.Net;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Configures a tunnel's interface through rtnetlink, in the network namespace of the thread that made the object and in
/// wg-quick's order; calls come from threads in that namespace. Does not undo anything by itself when disposed.
/// </summary>
public sealed partial class InterfaceConfigurator : IHostNetwork
{
    private readonly Lock _lock = new();
    private readonly RouteNetlink _netlink = new();

    // Where the tunnel's own datagrams go.
    private readonly RouteNetlink _paths;
    private readonly HostPlace _place;
    private readonly EngineLog _log;
    private readonly string _tunnel;
    private readonly string _stateDirectory;
    private readonly HostChanges _changes;
    private readonly TableChange _killSwitch;
    private readonly Stack<UndoStep> _undo = new();
    private TunnelRoutes? _routes;
    private readonly HostResolver _resolver;
    private HostNetworkSettings? _settings;
    private List<InterfaceAddress> _addresses = [];
    private int _mtu;

    /// <param name="tunnel">Name of its interface.</param>
    /// <param name="stateDirectory">Where it is written down what would outlive the engine; its owner alone may write there.</param>
    /// <exception cref="LinuxException">There is no netlink.</exception>
    /// <exception cref="HostNetworkException">What an earlier engine has written down cannot be read.</exception>
    public InterfaceConfigurator(string tunnel, string stateDirectory, EngineLog log)
        : this(tunnel, stateDirectory, log, HostPlace.Own)
    {
    }

    /// <inheritdoc cref="InterfaceConfigurator(string, string, EngineLog)"/>
    internal InterfaceConfigurator(string tunnel, string stateDirectory, EngineLog log, HostPlace place)
    {
        _place = place;
        _paths = place.Sockets is { } sockets ? sockets.Run(static () => new RouteNetlink()) : _netlink;
        _log = log;
        _tunnel = tunnel;
        _stateDirectory = stateDirectory;
        _killSwitch = new TableChange(KillSwitch.TableOf(tunnel));
        _changes = new HostChanges(_netlink, HostJournal.Open(stateDirectory, tunnel, place.Path), log);
        _resolver = new HostResolver(_changes, HostResolver.SearchPath);
    }

    /// <summary>As <see cref="TakeBackLeftovers(HostChoices)"/>, for an engine that will not come back.</summary>
    /// <param name="isAlive">Asked when nobody else can change anything any more.</param>
    /// <param name="closed">What a kill switch that is closed still lets pass, and what cannot be entered is told and stays; null: it is opened.</param>
    /// <returns>How much there was; null: the engine lives, and nothing was touched.</returns>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    public static int? TakeBackLeftovers(string tunnel, string stateDirectory, EngineLog log, Func<bool> isAlive, HostChoices? closed = null)
    {
        if (Leftovers.Find(tunnel, stateDirectory, static _ => true) is null)
            return 0;
        using var alone = HostLock.Take(stateDirectory);
        if (isAlive())
            return null;
        return Leftovers.TakeBackHere(tunnel, stateDirectory, log, closed) + Leftovers.TakeBackElsewhere(tunnel, stateDirectory, log, closed, mayStay: closed is not null);
    }

    public int TakeBackLeftovers(HostChoices? closed = null)
    {
        lock (_lock)
        {
            if (_routes is not null)
                throw new InvalidOperationException("Settings are applied; what there is belongs to them.");
            if (closed is not null)
                CloseAgain(closed);
            if (!_changes.Any && !IsAnyElsewhere())
                return 0;
            using var alone = HostLock.Take(_stateDirectory);
            return _changes.TakeBackAll(closed is null ? null : _killSwitch).Count + TakeBackElsewhere(closed);
        }
    }

    public int TakeBackElsewhere()
    {
        lock (_lock)
        {
            if (!IsAnyElsewhere())
                return 0;
            using var alone = HostLock.Take(_stateDirectory);
            return TakeBackElsewhere(closed: null);
        }
    }

    /// <summary>The engine before this one may have been told of another namespace.</summary>
    private int TakeBackElsewhere(HostChoices? closed) =>
        (_place.Engine?.Run(() => Leftovers.TakeBackHere(_tunnel, _stateDirectory, _log, closed)) ?? 0)
        + Leftovers.TakeBackElsewhere(_tunnel, _stateDirectory, _log, closed, mayStay: true);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Something is applied; undo it first.</exception>
    public void Apply(HostNetworkSettings settings)
    {
        lock (_lock)
        {
            if (_routes is not null)
                throw new InvalidOperationException("Settings are applied already.");
            // A start that fails leaves it as it was: open, or closed since an engine was killed.
            var wasClosed = _changes.Has(_killSwitch);
            try
            {
                ApplySteps(settings);
            }
            catch
            {
                UndoSteps(wasClosed);
                throw;
            }
        }
    }

    public void Update(IReadOnlyList<IPNetwork> wanted, IReadOnlyList<IPAddress> endpoints)
    {
        lock (_lock)
        {
            if (_routes is not { } routes || _settings is not { } settings)
                throw new InvalidOperationException("Nothing is applied.");
            var link = FindLink(settings.InterfaceName);
            _endpoints = null;
            // By the mark, if there is one: else the way would lead into the tunnel itself.
            var found = settings.Mtu is null ? Endpoints(endpoints, settings.InterfaceName, routes.Mark, link) : null;
            var mtu = settings.Mtu ?? TunnelMtu.Choose(found!.FindSmallest(), settings);
            // Somebody has set another one by hand.
            var follows = settings.Mtu is null && link.Mtu == _mtu && mtu != _mtu;
            if (follows)
                SetMtu(link, mtu);
            try
            {
                // A link that is down takes no routes: those that are missing wait for it.
                routes.Update(wanted, refreshes: link.IsUp);
            }
            catch (HostNetworkException) when (follows)
            {
                SetMtu(link, link.Mtu);
                throw;
            }

            _endpoints = found;
            WatchFirewall();
        }
    }

    public void Undo(bool keepsKillSwitch = false)
    {
        lock (_lock)
        {
            if (UndoSteps(keepsKillSwitch) is { } failure)
                throw failure;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            IgnoreFirewall();
            _netlink.Dispose();
            _paths.Dispose();
        }
    }

    private void ApplySteps(HostNetworkSettings settings)
    {
        var name = settings.InterfaceName;
        var link = FindLink(name);
        _closed = settings.Choices;
        var defaults = new DefaultRouting(_netlink, _changes, _stateDirectory, settings, _log, _place.IsApart);
        var excluded = new ExcludedRoutes(_netlink, _changes, settings.Choices.ExcludedRoutes);
        var routes = new TunnelRoutes(_netlink, defaults, excluded, link, settings.Table);

        if (settings.Choices.KillSwitch && _place.IsApart)
        {
            // The tunnel's own datagrams are elsewhere.
            _changes.Set(KillSwitch.Create(name, settings.Choices));
        }
        else if (settings.Choices.KillSwitch)
        {
            _undo.Push(new UndoStep($"giving back the mark of {name}", defaults.ReleaseMark));
            defaults.HoldMark();
            _changes.Set(KillSwitch.Create(name, settings.Choices, defaults.Mark));
        }

        _undo.Push(new UndoStep($"removing the addresses of {name}", () => RemoveAddresses(link)));
        foreach (var address in settings.Addresses)
            AddAddress(link, address);
        _mtu = settings.Mtu ?? FindMtu(settings, settings.Endpoints, settings.FwMark, link);
        _undo.Push(new UndoStep($"setting the MTU of {name} back to {link.Mtu}", () => _netlink.SetMtu(link.Index, link.Mtu)));
        if (link.Mtu != _mtu)
            SetMtu(link, _mtu);
        if (!link.IsUp)
        {
            Do($"setting {name} up", () => _netlink.SetUp(link.Index, true),
                $"setting {name} down", () => _netlink.SetUp(link.Index, false));
        }
        // Before: a change may set some where there were none.
        _undo.Push(new UndoStep($"taking back the name servers of {name}", _resolver.Undo));
        SetNameServers(settings);
        _undo.Push(new UndoStep($"removing the rules around {name}", excluded.Disable));
        excluded.Enable();
        _undo.Push(new UndoStep($"removing the routes into {name}", routes.RemoveAll));
        routes.Update(settings.Routes);
        var forwarding = new Forwarding(_netlink, _changes, _stateDirectory, settings, link, _log);
        _undo.Push(new UndoStep($"ending to pass packets on between {name} and the rest", forwarding.Disable));
        forwarding.Enable(() => Refresh(forwarding));
        _forwarding = forwarding;
        WatchFirewall();
        _routes = routes;
        _settings = settings;
        _log.Verbose($"{name}: addresses {settings.Addresses.Count}, MTU {_mtu}, routes {routes.Count}");
    }

    private bool IsAnyElsewhere() => Leftovers.FindElsewhere(_tunnel, _stateDirectory, static _ => true) is not null;

    private bool Refresh(Forwarding forwarding)
    {
        lock (_lock)
            return forwarding.Refresh();
    }

    private LinkInfo FindLink(string name)
    {
        LinkInfo? link = null;
        NetlinkStep.Run($"looking up interface {name}", () => link = _netlink.FindLink(name));
        return link ?? throw new HostNetworkException($"looking up interface {name}", LinuxException.Describe(Errno.ENODEV));
    }

    private void AddAddress(LinkInfo link, InterfaceAddress address)
    {
        NetlinkStep.Run($"adding address {address} to {link.Name}", () => _netlink.AddAddress(link.Index, address));
        _addresses.Add(address);
        FaultPoint.Reached();
    }

    private void RemoveAddress(LinkInfo link, InterfaceAddress address)
    {
        NetlinkStep.RunIfStillThere($"removing address {address} from {link.Name}", () => _netlink.DeleteAddress(link.Index, address));
        _addresses.Remove(address);
        FaultPoint.Reached();
    }

    /// <summary>The latest first; goes on after a failure and throws the last one.</summary>
    private void RemoveAddresses(LinkInfo link)
    {
        HostNetworkException? failure = null;
        foreach (var address in Enumerable.Reverse(_addresses).ToList())
        {
            try
            {
                RemoveAddress(link, address);
            }
            catch (HostNetworkException refused)
            {
                failure = refused;
            }
        }

        _addresses = [];
        if (failure is not null)
            throw failure;
    }

    private void SetNameServers(HostNetworkSettings settings)
    {
        if (settings.DnsServers.Count + settings.DnsSearchDomains.Count == 0)
            return;
        RequireNameServersPossible(settings);
        _resolver.Set(settings.InterfaceName, settings.DnsServers, settings.DnsSearchDomains);
        FaultPoint.Reached();
    }

    private void RequireNameServersPossible(HostNetworkSettings settings)
    {
        if (_place.Path is null || settings.DnsServers.Count + settings.DnsSearchDomains.Count == 0)
            return;
        throw new HostNetworkException(
            $"setting the name servers of {settings.InterfaceName}",
            "those of a network namespace are nobody's to set but a file's: leave the DNS line out, and write them into /etc/netns/NAME/resolv.conf, which `ip netns exec NAME` shows as /etc/resolv.conf");
    }

    private void SetMtu(LinkInfo link, int mtu)
    {
        NetlinkStep.Run($"setting the MTU of {link.Name} to {mtu}", () => _netlink.SetMtu(link.Index, mtu));
        _mtu = mtu;
        FaultPoint.Reached();
    }

    private void Do(string step, Action action, string undoStep, Action undo)
    {
        NetlinkStep.Run(step, action);
        _undo.Push(new UndoStep(undoStep, undo));
        FaultPoint.Reached();
    }

    /// <summary>Takes every step back; returns the last failure.</summary>
    private HostNetworkException? UndoSteps(bool keepsKillSwitch)
    {
        HostNetworkException? failure = null;
        var keeps = keepsKillSwitch && _changes.Has(_killSwitch);
        // What stays closed is watched to the end.
        if (keeps)
            _forwarding = null;
        else
            IgnoreFirewall();
        while (_undo.TryPop(out var step))
            Try(() => NetlinkStep.RunIfStillThere(step.Name, step.Action));
        _routes = null;
        _settings = null;
        if (keeps)
            Try(StayClosed);
        else if (_changes.Has(_killSwitch))
            Try(() => _changes.RemoveTable(_killSwitch.Name));
        return failure;

        void Try(Action action)
        {
            try
            {
                action();
            }
            catch (HostNetworkException exception)
            {
                _log.Warning(exception.Message);
                failure = exception;
            }
        }
    }

    private sealed record UndoStep(string Name, Action Action);
}
