using System.Net;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// The MTUs of the ways to the endpoints of peers, several of which may be the same, each looked up once. Not for two threads at once.
/// </summary>
/// <param name="find">The MTU of the way to an endpoint; null: there is none.</param>
/// <param name="findDefault">That of the default route. All routes are listed for it.</param>
internal sealed class EndpointMtus(Func<IPAddress, int?> find, Func<int?> findDefault)
{
    private readonly Dictionary<IPAddress, (int? Mtu, int Peers)> _endpoints = [];
    private readonly Dictionary<int, int> _endpointsWith = [];

    private (int? Mtu, bool IsKnown) _default;

    /// <summary>Of all endpoints, or of the default route when none of them has any; null: there is neither.</summary>
    /// <exception cref="HostNetworkException"/>
    public int? FindSmallest()
    {
        if (_endpointsWith.Count > 0)
            return _endpointsWith.Keys.Min();
        if (!_default.IsKnown)
            _default = (findDefault(), true);
        return _default.Mtu;
    }

    /// <exception cref="HostNetworkException"/>
    public void Add(IPAddress endpoint)
    {
        if (_endpoints.TryGetValue(endpoint, out var known))
        {
            _endpoints[endpoint] = known with { Peers = known.Peers + 1 };
            return;
        }

        var mtu = find(endpoint);
        _endpoints.Add(endpoint, (mtu, 1));
        if (mtu is { } size)
            _endpointsWith[size] = _endpointsWith.GetValueOrDefault(size) + 1;
    }

    /// <summary>Of an endpoint that is not known nothing happens.</summary>
    public void Remove(IPAddress endpoint)
    {
        if (!_endpoints.TryGetValue(endpoint, out var known))
            return;
        if (known.Peers > 1)
        {
            _endpoints[endpoint] = known with { Peers = known.Peers - 1 };
            return;
        }

        _endpoints.Remove(endpoint);
        if (known.Mtu is { } size && --_endpointsWith[size] == 0)
            _endpointsWith.Remove(size);
    }
}
