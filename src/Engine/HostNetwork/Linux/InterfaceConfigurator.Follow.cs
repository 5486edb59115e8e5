using System.Net;

namespace WireGuard.Engine.HostNetwork;

/// <summary>One peer has changed; the others are not looked at.</summary>
public sealed partial class InterfaceConfigurator
{
    // As the last look at all has found them; null: there was none since the settings were changed, or the file says the MTU.
    private EndpointMtus? _endpoints;

    public bool TryUpdate(IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went, IPAddress? endpointBefore, IPAddress? endpoint)
    {
        lock (_lock)
        {
            if (_routes is not { } routes || _settings is not { } settings)
                throw new InvalidOperationException("Nothing is applied.");
            var moves = settings.Mtu is null && !Equals(endpointBefore, endpoint);
            if (moves && _endpoints is null)
                return false;
            try
            {
                return moves ? FollowTo(endpointBefore, endpoint, settings, routes, came, went) : routes.TryUpdate(came, went);
            }
            catch (HostNetworkException failure)
            {
                // A look at all may do better, and tells why if it does not.
                _endpoints = null;
                _log.Verbose(failure.Message);
                return false;
            }
        }
    }

    private bool FollowTo(IPAddress? endpointBefore, IPAddress? endpoint, HostNetworkSettings settings, TunnelRoutes routes, IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went)
    {
        if (endpoint is not null)
            _endpoints!.Add(endpoint);
        if (endpointBefore is not null)
            _endpoints!.Remove(endpointBefore);
        if (TunnelMtu.Choose(_endpoints!.FindSmallest(), settings) is var mtu && mtu == _mtu)
            return routes.TryUpdate(came, went);
        var link = FindLink(settings.InterfaceName);
        // Somebody has set another one by hand.
        var follows = link.Mtu == _mtu;
        if (follows)
            SetMtu(link, mtu);
        if (routes.TryUpdate(came, went))
            return true;
        if (follows)
            SetMtu(link, link.Mtu);
        return false;
    }

    private EndpointMtus Endpoints(IEnumerable<IPAddress> endpoints, string name, uint mark, LinkInfo link)
    {
        // An interface's number means another one in the sockets' namespace.
        var tunnel = _place.IsApart ? 0 : link.Index;
        var mtus = new EndpointMtus(endpoint => TunnelMtu.To(_paths, endpoint, name, mark, tunnel), () => TunnelMtu.OfDefault(_paths, name, tunnel));
        foreach (var endpoint in endpoints)
            mtus.Add(endpoint);
        return mtus;
    }

    private int FindMtu(HostNetworkSettings settings, IEnumerable<IPAddress> endpoints, uint mark, LinkInfo link) =>
        TunnelMtu.Choose(Endpoints(endpoints, settings.InterfaceName, mark, link).FindSmallest(), settings);
}
